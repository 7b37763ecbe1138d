using VxlanEngine.Overlay;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using static VxlanEngine.Tests.Pipeline.Green;

namespace VxlanEngine.Tests.Pipeline;

/// <summary>A remote VTEP over IPv4 that speaks BFD in VNI 1: the other end of a session of Green's.</summary>
internal sealed class BfdRemote(string vtep, string mac)
{
    public const int PacketOffset = 92;

    /// <summary>Its side of the session: a packet every 100 ms, and three may be missing.</summary>
    public BfdSession Session { get; } = new(
        new BfdOptions { MinTx = TimeSpan.FromMilliseconds(100), MinRx = TimeSpan.FromMilliseconds(100) },
        discriminator: 0x77,
        seed: 3);

    /// <summary>A control packet in the tunnel to this switch.</summary>
    public byte[] Frame(in BfdPacket packet) => Frame(Bytes(packet));

    public byte[] Frame(byte[] packet) => FrameBuilder.Ethernet(mac, MacUplink).Ipv4(vtep, Vtep, dontFragment: true)
        .Vxlan(1).InnerEthernet(mac, "00:00:5e:00:52:02").Ipv4(vtep, "127.0.0.1", ttl: 255).Udp(50000, 3784)
        .Payload(packet).Build();

    /// <summary>What it sends now; null for nothing.</summary>
    public byte[]? Next(long nowNs)
    {
        Session.Tend(nowNs);
        return Session.TryTransmit(nowNs, out BfdPacket packet) ? Frame(packet) : null;
    }

    /// <summary>Takes what the switch has sent, if it is a control packet for this VTEP.</summary>
    public void Take(ReadOnlySpan<byte> frame, long nowNs)
    {
        if (IsForIt(frame))
        {
            Session.Receive(Packet(frame), nowNs);
        }
    }

    /// <summary>True for a tunnel packet of the management VNI to this VTEP.</summary>
    public bool IsForIt(ReadOnlySpan<byte> frame) =>
        frame.Length == PacketOffset + BfdPacket.Length
        && frame[30..34].SequenceEqual(System.Net.IPAddress.Parse(vtep).GetAddressBytes())
        && frame[46..49].SequenceEqual((ReadOnlySpan<byte>)[0, 0, 1]);

    /// <summary>The control packet in a frame over IPv4.</summary>
    public static BfdPacket Packet(ReadOnlySpan<byte> frame)
    {
        new PacketReader(frame, PacketOffset).TryRead(out BfdPacket packet);
        return packet;
    }

    public static byte[] Bytes(in BfdPacket packet)
    {
        byte[] bytes = new byte[BfdPacket.Length];
        new PacketWriter(bytes).TryWrite(packet);
        return bytes;
    }
}
