using System.Runtime.InteropServices;
using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Linux;

/// <summary>Addresses of UDP sockets as the kernel writes them: sockaddr_in, sockaddr_in6.</summary>
internal static class SocketName
{
    /// <summary>Bytes of the longest name.</summary>
    public const int MaxLength = 28;

    private const int PortOffset = 2;
    private const int Ipv4Offset = 4;
    private const int Ipv4Length = 16;
    private const int Ipv6Offset = 8;
    private const int ScopeOffset = 24;

    /// <summary>Writes a name.</summary>
    /// <param name="name">Receives it; at least <see cref="MaxLength"/> bytes.</param>
    /// <param name="address">The address.</param>
    /// <param name="port">The port.</param>
    /// <param name="scope">Index of the interface that an IPv6 address of the link is on; 0 for none.</param>
    /// <returns>Its bytes.</returns>
    public static int Write(Span<byte> name, IpAddress address, ushort port, int scope = 0)
    {
        name[..MaxLength].Clear();
        bool isV4 = address.Family == IpFamily.V4;
        MemoryMarshal.Write(name, (ushort)(isV4 ? Native.AfInet : Native.AfInet6));
        MemoryMarshal.Write<UInt16BE>(name[PortOffset..], port);
        if (isV4)
        {
            MemoryMarshal.Write(name[Ipv4Offset..], address.V4);
            return Ipv4Length;
        }

        MemoryMarshal.Write(name[Ipv6Offset..], address.V6);
        MemoryMarshal.Write(name[ScopeOffset..], scope);
        return MaxLength;
    }

    /// <summary>Reads a name.</summary>
    public static (IpAddress Address, ushort Port) Read(ReadOnlySpan<byte> name)
    {
        ushort port = MemoryMarshal.Read<UInt16BE>(name[PortOffset..]);
        IpAddress address = MemoryMarshal.Read<ushort>(name) == Native.AfInet
            ? MemoryMarshal.Read<Ipv4Address>(name[Ipv4Offset..])
            : MemoryMarshal.Read<Ipv6Address>(name[Ipv6Offset..]);
        return (address, port);
    }
}
