using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Packets;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>Two switches back to back: what one puts into a tunnel comes out of the other as it was.</summary>
public sealed class RoundTripTests
{
    [Theory]
    [InlineData(false, UdpChecksumMode.Default)]
    [InlineData(false, UdpChecksumMode.Compute)]
    [InlineData(true, UdpChecksumMode.Default)]
    [InlineData(true, UdpChecksumMode.Zero)]
    public void Decapsulation_undoes_encapsulation(bool overIpv6, UdpChecksumMode checksum)
    {
        using var near = new OverlayBench(Site(overIpv6, checksum, isNear: true));
        using var far = new OverlayBench(Site(overIpv6, checksum, isNear: false));
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            byte[] frame = Frame(new Random(seed));
            byte[] tunnelled = near.Send("here", frame).Left("up");
            Assert.Equal(frame.Length + (overIpv6 ? 70 : 50), tunnelled.Length);
            Assert.True(tunnelled.AsSpan(overIpv6 ? 70 : 50).SequenceEqual(frame));
            far.Send("there", frame.AsSpan(0, 0).ToArray()).DroppedFor(DropReason.FrameTruncated);
            far.Send("up", tunnelled).Left("there", frame);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Routed_packet_arrives_one_hop_shorter_and_otherwise_the_same(bool overIpv6)
    {
        using var near = new OverlayBench(Site(overIpv6, UdpChecksumMode.Default, isNear: true));
        using var far = new OverlayBench(Site(overIpv6, UdpChecksumMode.Default, isNear: false));
        for (int ttl = 2; ttl < 256; ttl++)
        {
            byte[] frame = Udp(MacA, MacRouter, (byte)ttl);
            byte[] arrived = Udp(MacRouter, MacC, (byte)(ttl - 1));
            far.Send("up", near.Send("here", frame).Left("up")).Left("there", arrived);
        }

        static byte[] Udp(string source, string destination, byte ttl) => FrameBuilder.Ethernet(source, destination)
            .Ipv4(IpA, IpC, ttl, tos: 0xB9, id: 77).Udp(1000, 53).Payload("x").Build();
    }

    private static SwitchPolicy Site(bool overIpv6, UdpChecksumMode checksum, bool isNear)
    {
        (string nearVtep, string farVtep) = overIpv6 ? (Vtep6, VtepD) : (Vtep, VtepC);
        (string own, string other) = isNear ? (nearVtep, farVtep) : (farVtep, nearVtep);
        (string ownMac, string otherMac) = isNear ? (MacUplink, MacVtepC) : (MacVtepC, MacUplink);
        (string mac, string ip) = isNear ? (MacC, IpC) : (MacA, IpA);
        string name = isNear ? "here" : "there";
        Port endpoint = isNear ? Endpoint(name, MacA, IpA) : Endpoint(name, MacC, IpC);
        return new SwitchPolicy
        {
            Ports =
            [
                endpoint with { SourceGuard = false },
                Uplink with
                {
                    Mac = Mac(ownMac),
                    Addresses = [Ip(own)],
                    AllowZeroChecksumIpv6 = checksum == UdpChecksumMode.Zero,
                    ReservedBits = ReservedBits.Reject,
                },
            ],
            Networks =
            [
                Green.Policy.Networks[0] with
                {
                    Endpoints = [new RemoteEndpoint { Addresses = [Ip(ip)], Mac = Mac(mac), Vtep = Ip(other) }],
                    InnerVlan = InnerVlan.Keep,
                    Tunnel = new TunnelOptions { UdpChecksum = checksum, DontFragment = DontFragmentMode.Copy },
                },
            ],
            Neighbors = [new Neighbor { Port = "up", Address = Ip(other), Mac = Mac(otherMac) }],
            Layers = [Vnet with { Ports = [name] }],
        };
    }

    /// <summary>A frame from a to c of random kind, tags, lengths and fields.</summary>
    private static byte[] Frame(Random random)
    {
        FrameBuilder frame = FromA();
        for (int tags = random.Next(4); tags > 0; tags--)
        {
            frame.Vlan(random.Next(4096), random.Next(8), random.Next(2) == 0);
        }

        int tos = random.Next(256);
        byte ttl = (byte)random.Next(256);
        switch (random.Next(6))
        {
            case 0:
                return frame.Payload(Bytes()).Build();
            case 1:
                frame.Ipv6(Ip6A, Ip6C, ttl, (byte)tos, random.Next(1 << 20));
                break;
            case 2:
                return frame.Ipv4(IpA, IpC, protocol: 50).Payload(Bytes()).Build();
            default:
                byte[] options = Enumerable.Repeat((byte)1, random.Next(11) * 4).ToArray();
                frame.Ipv4(IpA, IpC, ttl, (byte)tos, random.Next(65536), random.Next(2) == 0, options: options);
                break;
        }

        int? checksum = random.Next(3) == 0 ? random.Next(65536) : null;
        return (random.Next(4) switch
        {
            0 => frame.Tcp(random.Next(65536), random.Next(65536), (TcpFlags)random.Next(256), checksum: checksum),
            1 => frame.Sctp(random.Next(65536), random.Next(65536)),
            _ => frame.Udp(random.Next(65536), random.Next(65536), checksum: checksum),
        }).Payload(Bytes()).Padding(random.Next(20)).Build();

        byte[] Bytes()
        {
            byte[] bytes = new byte[random.Next(1200)];
            random.NextBytes(bytes);
            return bytes;
        }
    }
}
