using VxlanEngine.Packets;
using VxlanEngine.Ports;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Ports.Wrappers;
using Xunit;

namespace VxlanEngine.Tests.Ports.Wrappers;

/// <summary>What passes is in the files, and a disk that fails stops nobody.</summary>
public sealed class TeePortTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("vxe-tee").FullName;
    private readonly PacketPool _pool = new(64, 4096);
    private readonly WirePort _wire = new();

    private string File => Path.Combine(_folder, "a.pcapng");

    public void Dispose()
    {
        _wire.Dispose();
        _pool.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void The_file_has_what_passed_in_both_directions()
    {
        byte[][] frames = FaultPortTests.Frames(6);
        using (TeePort port = TeePort.Open(_wire, new TeeOptions { File = File }))
        {
            _wire.Give(frames[..2]);
            Receive(port, 2);
            _wire.Room = 2;
            Assert.Equal(2, Transmit(port, frames[2..5]));
            _wire.Give(frames[5]);
            Receive(port, 1);
            Assert.Equal((5, 0), (port.Written, port.Unwritten));
            Assert.Equal($"tee:wire:eth0: 5 written to {File}, 0 not written", port.Summary);
        }

        Assert.Equal(frames[2..4], _wire.Sent);
        List<(byte[] Bytes, PacketDirection Direction, long TimeNs)> packets = Read(File);
        Assert.Equal(frames.Where((_, i) => i != 4), packets.Select(packet => packet.Bytes));
        Assert.Equal(
            [
                PacketDirection.Inbound, PacketDirection.Inbound, PacketDirection.Outbound, PacketDirection.Outbound,
                PacketDirection.Inbound,
            ],
            packets.Select(packet => packet.Direction));
        Assert.All([0, 1, 4], i => Assert.Equal(1_000_000, packets[i].TimeNs));
        Assert.True(packets[2].TimeNs > 1_700_000_000_000_000_000);
    }

    [Fact]
    public void Others_can_read_the_file_after_the_port_was_looked_after()
    {
        using TeePort port = TeePort.Open(_wire, new TeeOptions { File = File });
        Transmit(port, FaultPortTests.Frames(3));
        port.Maintain();
        Assert.Equal(3, Read(File).Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Files_rotate_and_the_newest_are_kept(int keep)
    {
        const int RotateAt = 2000;
        byte[][] frames = FaultPortTests.Frames(200);
        using (TeePort port = TeePort.Open(_wire, new TeeOptions { File = File, RotateAt = RotateAt, Keep = keep }))
        {
            Assert.Equal(200, Transmit(port, frames));
            Assert.Equal(200, port.Written);
        }

        string[] names = [.. Enumerable.Range(0, keep).Select(i => i == 0 ? "a.pcapng" : $"a.{i}.pcapng")];
        Assert.Equal(
            names.Order(StringComparer.Ordinal),
            Directory.GetFiles(_folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        byte[][] kept = [.. names.Reverse().SelectMany(name => Read(Path.Combine(_folder, name))).Select(p => p.Bytes)];
        Assert.Equal(frames[^kept.Length..], kept);

        // A packet's block is its bytes, padded, and 44 more; the one that reaches the limit is the last.
        Assert.All(
            names[1..].Select(name => new FileInfo(Path.Combine(_folder, name)).Length),
            length => Assert.InRange(length, RotateAt, RotateAt + 44 + 68 - 1));
        Assert.True(new FileInfo(File).Length < RotateAt);
    }

    [Fact]
    public void A_disk_that_fails_is_said_once_and_traffic_goes_on()
    {
        var disk = new SmallDisk(4096);
        using TeePort port = TeePort.Open(_wire, new TeeOptions { File = File }, _ => disk);
        byte[][] frames = FaultPortTests.Frames(100);
        Assert.Equal(100, Transmit(port, frames));
        Assert.Null(port.Notice);
        port.Maintain();
        Assert.Equal("tee:wire:eth0: The disk is full. What passes is not written any more.", port.Notice);
        int failures = disk.Failures;

        Assert.Equal(100, Transmit(port, frames));
        _wire.Give(frames[..3]);
        Receive(port, 3);
        port.Maintain();
        Assert.Equal((103, 200), (port.Unwritten, _wire.Sent.Count));
        Assert.Equal(failures, disk.Failures);
        Assert.Equal(PortState.Up, port.State);
    }

    [Fact]
    public void A_file_that_cannot_be_made_is_said_at_once_and_the_port_stays_open()
    {
        var options = new TeeOptions { File = Path.Combine(_folder, "none", "a.pcapng") };
        PortOpenException e = Assert.Throws<PortOpenException>(() => TeePort.Open(_wire, options));
        Assert.StartsWith("tee:wire:eth0: ", e.Message, StringComparison.Ordinal);
        Assert.Contains("none", e.Message, StringComparison.Ordinal);
        Assert.False(_wire.IsDisposed);
    }

    [Fact]
    public void Everything_else_is_the_inner_ports()
    {
        TeePort port = TeePort.Open(_wire, new TeeOptions { File = File });
        Assert.True(port.TakesSuperFrames);
        WrappedPortFacts.AssertForwards(port, _wire, _pool, "tee:wire:eth0");
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentException>(() => TeePort.Open(_wire, new TeeOptions { File = string.Empty }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => TeePort.Open(_wire, new TeeOptions { File = File, RotateAt = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => TeePort.Open(_wire, new TeeOptions { File = File, Keep = 0 }));
    }

    [Fact]
    public void Nothing_is_allocated_for_a_packet()
    {
        _wire.Forgets = true;
        using TeePort port = TeePort.Open(_wire, new TeeOptions { File = File });
        var burst = new FrameDescriptor[1];
        Allocations.AssertNone(() =>
        {
            _pool.TryRent(60, out burst[0]);
            port.Transmit(_pool, burst);
        });
        Assert.True(port.Written >= 2000);
    }

    private static List<(byte[] Bytes, PacketDirection Direction, long TimeNs)> Read(string file)
    {
        var packets = new List<(byte[], PacketDirection, long)>();
        using CaptureReader reader = CaptureReader.Open(file);
        while (reader.TryRead(out CapturedPacket packet))
        {
            packets.Add((packet.Data.ToArray(), packet.Direction, packet.TimestampNs));
        }

        Assert.Equal("wire:eth0", reader.Interfaces[0].Name);
        return packets;
    }

    private void Receive(TeePort port, int count)
    {
        var burst = new FrameDescriptor[8];
        Assert.Equal(count, port.Receive(_pool, burst));
        _pool.Return(burst.AsSpan(0, count));
    }

    private int Transmit(TeePort port, byte[][] frames)
    {
        int taken = 0;
        foreach (byte[][] chunk in frames.Chunk(8))
        {
            FrameDescriptor[] burst = [.. chunk.Select(bytes =>
            {
                Assert.True(_pool.TryRent(bytes.Length, out FrameDescriptor frame));
                bytes.CopyTo(_pool.Frame(frame));
                return frame;
            })];
            int count = port.Transmit(_pool, burst);
            _pool.Return(burst.AsSpan(count));
            taken += count;
        }

        return taken;
    }

    /// <summary>A disk with room for some bytes.</summary>
    private sealed class SmallDisk(int room) : MemoryStream
    {
        public int Failures { get; private set; }

        public override void Write(byte[] buffer, int offset, int count)
        {
            if (Length + count > room)
            {
                Failures++;
                throw new IOException("The disk is full.");
            }

            base.Write(buffer, offset, count);
        }
    }
}
