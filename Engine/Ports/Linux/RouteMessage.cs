using System.Runtime.InteropServices;
using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Linux;

/// <summary>Reads what the kernel says of its routes (struct rtmsg of linux/rtnetlink.h).</summary>
internal static class RouteMessage
{
    /// <summary>RTM_NEWROUTE.</summary>
    public const ushort TypeNew = 24;

    /// <summary>RTM_DELROUTE.</summary>
    public const ushort TypeDelete = 25;

    /// <summary>RTM_GETROUTE.</summary>
    public const ushort TypeGet = 26;

    /// <summary>Bytes of the structure in front of the attributes.</summary>
    public const int Length = 12;

    private const uint TableMain = 254;
    private const byte TypeUnicast = 1;
    private const uint FlagCloned = 0x200;
    private const byte HopDead = 1;
    private const int HopLength = 8;

    private const int AttributeDestination = 1;
    private const int AttributeInterface = 4;
    private const int AttributeGateway = 5;
    private const int AttributePriority = 6;
    private const int AttributeSource = 7;
    private const int AttributeMultipath = 9;
    private const int AttributeTable = 15;
    private const int AttributeVia = 18;
    private const int AttributeEncapsulation = 22;

    /// <summary>Reads a route of the table main, and adds its next hops that are alive.</summary>
    /// <remarks>
    /// Left out are routes for one type of service or source, and what the kernel keeps of single destinations. A route
    /// that leads nowhere, or into an encapsulation of the kernel's, is one without interface: what it is for must not
    /// take a shorter prefix instead.
    /// </remarks>
    public static void Read(ReadOnlySpan<byte> payload, List<HostRoute> routes)
    {
        if (payload.Length < Length)
        {
            return;
        }

        byte family = payload[0];
        byte type = payload[7];
        uint flags = MemoryMarshal.Read<uint>(payload[8..]);
        bool isForAll = payload[2] == 0 && payload[3] == 0 && (flags & FlagCloned) == 0;
        bool isIp = family is Native.AfInet or Native.AfInet6;
        if (!isForAll || !isIp || payload[1] > AddressLength(family) * 8)
        {
            return;
        }

        var route = new Draft { Table = payload[4], Destination = Unspecified(family) };
        ReadOnlySpan<byte> hops = ReadAttributes(payload[Length..], family, ref route);
        if (route.Table != TableMain)
        {
            return;
        }

        var prefix = new IpPrefix(IpPrefix.Mask(route.Destination, payload[1]), payload[1]);
        if (type != TypeUnicast)
        {
            routes.Add(new HostRoute(prefix, route.Metric, 0, null, null));
            return;
        }

        if (hops.IsEmpty && (flags & HopDead) == 0)
        {
            routes.Add(route.Hop(prefix, route));
        }

        while (TryNextHop(ref hops, family, out Draft hop, out bool isAlive))
        {
            if (isAlive)
            {
                routes.Add(hop.Hop(prefix, route));
            }
        }
    }

    /// <summary>Reads an address of a family.</summary>
    public static bool TryReadAddress(ReadOnlySpan<byte> value, byte family, out IpAddress address)
    {
        address = default;
        if (value.Length < AddressLength(family))
        {
            return false;
        }

        address = family == Native.AfInet
            ? MemoryMarshal.Read<Ipv4Address>(value)
            : MemoryMarshal.Read<Ipv6Address>(value);
        return true;
    }

    // struct rtvia: a router of the other family.
    private static bool TryReadVia(ReadOnlySpan<byte> value, out IpAddress address)
    {
        address = default;
        return value.Length > sizeof(ushort)
            && MemoryMarshal.Read<ushort>(value) is ushort family and (Native.AfInet or Native.AfInet6)
            && TryReadAddress(value[sizeof(ushort)..], (byte)family, out address);
    }

    private static int AddressLength(byte family) =>
        family == Native.AfInet ? sizeof(uint) : Ipv6Address.Length;

    // The default route comes without a destination.
    private static IpAddress Unspecified(byte family) =>
        family == Native.AfInet ? new Ipv4Address(0) : new Ipv6Address(0, 0);

    private static bool TryNextHop(scoped ref ReadOnlySpan<byte> rest, byte family, out Draft hop, out bool isAlive)
    {
        (hop, isAlive) = (default, false);
        if (rest.Length < HopLength)
        {
            return false;
        }

        int length = MemoryMarshal.Read<ushort>(rest);
        if (length < HopLength || length > rest.Length)
        {
            return false;
        }

        isAlive = (rest[2] & HopDead) == 0;
        hop.Interface = MemoryMarshal.Read<int>(rest[4..]);
        ReadAttributes(rest[HopLength..length], family, ref hop);
        rest = rest[Math.Min(NetlinkMessage.Align(length), rest.Length)..];
        return true;
    }

    private static ReadOnlySpan<byte> ReadAttributes(ReadOnlySpan<byte> rest, byte family, ref Draft draft)
    {
        ReadOnlySpan<byte> hops = default;
        while (NetlinkMessage.TryNextAttribute(ref rest, out int type, out ReadOnlySpan<byte> value))
        {
            switch (type)
            {
                case AttributeDestination when TryReadAddress(value, family, out IpAddress address):
                    draft.Destination = address;
                    break;
                case AttributeGateway when TryReadAddress(value, family, out IpAddress address):
                    draft.Via = address;
                    break;
                case AttributeSource when TryReadAddress(value, family, out IpAddress address):
                    draft.Source = address;
                    break;
                case AttributeInterface when value.Length >= sizeof(int):
                    draft.Interface = MemoryMarshal.Read<int>(value);
                    break;
                case AttributePriority when value.Length >= sizeof(uint):
                    draft.Metric = MemoryMarshal.Read<uint>(value);
                    break;
                case AttributeTable when value.Length >= sizeof(uint):
                    draft.Table = MemoryMarshal.Read<uint>(value);
                    break;
                case AttributeMultipath:
                    hops = value;
                    break;
                case AttributeVia when TryReadVia(value, out IpAddress address):
                    draft.Via = address;
                    break;
                case AttributeEncapsulation:
                    draft.IsForeign = true;
                    break;
            }
        }

        return hops;
    }

    /// <summary>What the attributes of a route, or of one of its next hops, say.</summary>
    private record struct Draft
    {
        public IpAddress Destination { get; set; }

        public uint Table { get; set; }

        public uint Metric { get; set; }

        public int Interface { get; set; }

        public IpAddress? Via { get; set; }

        public IpAddress? Source { get; set; }

        public bool IsForeign { get; set; }

        public readonly HostRoute Hop(IpPrefix prefix, in Draft route) => new(
            prefix, route.Metric, IsForeign || route.IsForeign ? 0 : Interface, Via, route.Source);
    }
}
