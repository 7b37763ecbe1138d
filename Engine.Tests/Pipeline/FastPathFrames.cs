using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using static VxlanEngine.Tests.Pipeline.FastPathPolicies;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Frames by chance, plain ones and odd ones, for <see cref="FastPathPolicies"/>.</summary>
internal static class FastPathFrames
{
    /// <summary>A plain frame of a talk and its answer.</summary>
    public static byte[][] BothWays(Random random, int vlan)
    {
        var talk = new Talk(random);
        return
        [
            RandomFrame(random, talk, false, isPlain: true, vlan), RandomFrame(random, talk, true, isPlain: true, vlan),
        ];
    }

    /// <summary>A frame of a talk, one way or the other.</summary>
    public static byte[] RandomFrame(Random random, Talk talk, bool fromTunnel, bool isPlain, int vlan)
    {
        FrameBuilder frame;
        string remote = talk.Remote;
        if (fromTunnel)
        {
            string target = Pick(random, "10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.77", "10.0.0.78");
            uint vni = isPlain || random.Next(4) > 0 ? 42u : 43u;
            byte tos = (byte)(isPlain ? 0 : random.Next(4));
            frame = OuterTag(FrameBuilder.Ethernet(Peer, Uplink), random, isPlain, vlan);
            frame = (isPlain ? talk.IsOverIpv6 : random.Next(2) == 0)
                ? frame.Ipv6("fd31::2", "fd31::1", trafficClass: tos, flowLabel: random.Next(1 << 20))
                : frame.Ipv4("172.31.0.2", "172.31.0.1", tos: tos, checksum: Wrong(random, isPlain));
            frame = TunnelHeader(frame, random, vni, isPlain)
                .InnerEthernet(Far, isPlain || random.Next(3) > 0 ? Lan : Router);
            frame = Ip(frame, random, talk, remote, target, isPlain);
        }
        else
        {
            string destination = Pick(random, remote, remote, remote, "10.0.0.2", "10.0.0.100");
            string mac = destination switch { "10.0.0.2" => Near, "10.0.0.9" => Far, _ => Router };
            frame = FrameBuilder.Ethernet(Lan, isPlain || random.Next(3) > 0 ? mac : Router);
            if (!isPlain && random.Next(4) == 0)
            {
                frame = frame.Vlan(7);
            }

            frame = Ip(frame, random, talk, "10.0.0.1", destination, isPlain);
        }

        frame = Transport(frame, random, talk, fromTunnel, isPlain);
        return isPlain || random.Next(3) > 0 ? frame.Build() : frame.Padding(random.Next(1, 9)).Build();
    }

    private static FrameBuilder TunnelHeader(FrameBuilder outer, Random random, uint vni, bool isPlain) =>
        (isPlain ? 0 : random.Next(8)) switch
        {
            0 => outer.Vxlan(vni),
            1 => outer.Vxlan(vni, flags: 0x0800_0001),
            2 => outer.Udp(50000, 6081, checksum: 0).Geneve(vni),
            3 => outer.Udp(50000, 6081, checksum: 0)
                .Geneve(vni, new byte[4 * random.Next(4)], flags: random.Next(2) << 6),
            4 => outer.Udp(50000, 4790, checksum: 0).Vxlan(vni, flags: 0x0C00_0003),
            5 => outer.Udp(50000, 4790, checksum: 0).Vxlan(vni, flags: 0x0C00_0001),
            _ => outer.Vxlan(vni, flags: 0x8800_0004 + ((uint)random.Next(2) << 19) + (uint)random.Next(4)),
        };

    /// <summary>The uplink's tag, of any priority; now and then another, or none.</summary>
    private static FrameBuilder OuterTag(FrameBuilder frame, Random random, bool isPlain, int vlan)
    {
        if (vlan == 0 || (!isPlain && random.Next(6) == 0))
        {
            return frame;
        }

        int id = isPlain || random.Next(4) > 0 ? vlan : Pick(random, 0, vlan + 1, vlan ^ 0x100);
        ushort type = isPlain || random.Next(6) > 0 ? (ushort)0x8100 : (ushort)0x88A8;
        return frame.Vlan(id, random.Next(8), random.Next(2) == 0, type);
    }

    private static FrameBuilder Ip(
        FrameBuilder frame, Random random, Talk talk, string from, string to, bool isPlain)
    {
        byte ttl = (byte)(isPlain ? 64 : random.Next(1, 4));
        byte tos = (byte)(isPlain ? random.Next(4) : random.Next(256));
        return talk.IsIpv6
            ? frame.Ipv6(Ipv6Of(from), Ipv6Of(to), ttl, tos, random.Next(1 << 20))
            : frame.Ipv4(
                from,
                to,
                ttl,
                tos,
                dontFragment: random.Next(2) == 0,
                moreFragments: !isPlain && random.Next(8) == 0,
                checksum: Wrong(random, isPlain));
    }

    /// <summary>The IPv6 address of whoever has an IPv4 address here.</summary>
    private static string Ipv6Of(string address) =>
        $"fd00:{(address[5] == '1' ? "1" : "")}{(address[5] == '1' ? "::" : ":")}{address[7..]}";

    private static FrameBuilder Transport(
        FrameBuilder frame, Random random, Talk talk, bool fromTunnel, bool isPlain)
    {
        int length = 8 * random.Next(isPlain ? 20 : 190);
        (int from, int to) = fromTunnel ? (talk.Far, talk.Near) : (talk.Near, talk.Far);
        if (talk.IsUdp)
        {
            return frame.Udp(from, to, checksum: random.Next(4) == 0 ? 0 : Wrong(random, isPlain)).Payload(length);
        }

        TcpFlags flags = isPlain && random.Next(12) > 0
            ? TcpFlags.Ack
            : Pick(random, TcpFlags.Syn, TcpFlags.Syn | TcpFlags.Ack, TcpFlags.Fin | TcpFlags.Ack, TcpFlags.Rst);
        return frame.Tcp(from, to, flags, checksum: Wrong(random, isPlain)).Payload(length);
    }

    private static int? Wrong(Random random, bool isPlain) => isPlain || random.Next(5) > 0 ? null : random.Next(65536);

    /// <summary>One of some values.</summary>
    public static T Pick<T>(Random random, params T[] values) => values[random.Next(values.Length)];
}
