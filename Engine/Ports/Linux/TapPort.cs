using System.Runtime.InteropServices;
using VxlanEngine.Packets;
using VxlanEngine.Ports.Offloads;

namespace VxlanEngine.Ports.Linux;

/// <summary>A network interface that the port makes, whose other side it is: <c>tap:web0</c>.</summary>
/// <remarks>
/// <para>What the machine, a container or a virtual machine sends by the interface enters the switch, and the other way
/// round. The interface may be moved to another network namespace; it goes with the port, unless it was made to last
/// (<c>ip tuntap add</c>). Partial checksums are finished, super-frames come and go whole.</para>
/// <para>One system call a frame; a super-frame is one. Needs CAP_NET_ADMIN.</para>
/// </remarks>
public sealed class TapPort : ILivePort, IFrameDevice
{
    // A burst of super-frames has to fit the cache; with fewer at once, each would wake the receiver, and its answers
    // the sender.
    private const int BurstBytes = 384 * 1024;

    private readonly string _device;
    private readonly TapPortOptions _options;
    private readonly LinkState _link;
    private readonly OffloadIntake _intake;
    private readonly FrameSender _sender;
    private TapDevice? _tap;
    private PortStatistics _statistics;
    private uint _nextPacketId;

    // In another namespace nobody can be asked whether the interface is up: only a write tells.
    private bool _isOutOfSight;

    private TapPort(string device, TapPortOptions options)
    {
        _device = device;
        _options = options;
        _intake = new OffloadIntake(options.UdpSuperFrames);
        _sender = new FrameSender(this, OffloadMessage.Vectors, OffloadMessage.Scratch, groupsFlows: false);
        _link = new LinkState($"tap:{device}");
    }

    /// <inheritdoc/>
    public string Name => _link.Port;

    /// <inheritdoc/>
    public PortState State => _link.State;

    /// <inheritdoc/>
    public string? Fault => _link.Fault;

    /// <inheritdoc/>
    public int Mtu { get; private set; }

    /// <inheritdoc/>
    public int PollDescriptor => _tap?.Handle.Number ?? -1;

    /// <inheritdoc/>
    public bool HasUnsent => _sender.HasUnsent;

    /// <inheritdoc/>
    public bool TakesSuperFrames => true;

    /// <inheritdoc/>
    public PortStatistics Statistics => _statistics with
    {
        SuperFrames = _intake.SuperFrames,
        Unusable = _statistics.Unusable + _intake.Unusable,
        Sent = _sender.Sent,
        Unsent = _sender.Unsent,
        Failures = _link.Failures,
    };

    /// <summary>Opens the port, and brings its interface up.</summary>
    /// <param name="device">Name of the interface.</param>
    /// <param name="options">How it is made.</param>
    /// <exception cref="PortOpenException">No permission, or the name is another interface's.</exception>
    public static TapPort Open(string device, TapPortOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(device);
        LinuxPlatform.Require($"tap:{device}");
        if (!NetworkDevice.IsName(device))
        {
            throw new PortOpenException($"tap:{device}: an interface cannot have this name.");
        }

        var port = new TapPort(device, options ?? new TapPortOptions());
        try
        {
            port.Adopt(TapDevice.Open(port.Name, device, port._options));
            return port;
        }
        catch
        {
            port.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public int Receive(PacketPool pool, Span<FrameDescriptor> burst)
    {
        ArgumentNullException.ThrowIfNull(pool);
        int count = _intake.Resume(pool, burst);
        long timeNs = 0;
        int bytes = 0;
        while (count < burst.Length
            && bytes < BurstBytes
            && _tap is not null
            && pool.TryRent(pool.FrameCapacity, out FrameDescriptor frame))
        {
            // The header lies in the headroom, right in front of the frame.
            int header = _tap.HeaderLength;
            Span<byte> memory = pool.Memory(frame)[(frame.Offset - header)..];
            int length = _tap.Read(memory[..(header + frame.Length)], out _) - header;
            if (length <= 0)
            {
                pool.Return(frame);
                break;
            }

            timeNs = timeNs == 0 ? WallClock.NowNs() : timeNs;
            bytes += length;
            frame.Length = length;
            frame.TimeNs = timeNs;
            frame.PacketId = _nextPacketId++;
            OffloadHeader offload = MemoryMarshal.Read<OffloadHeader>(memory);
            pool.MoveToSmall(ref frame);
            count += _intake.Take(pool, ref frame, offload, burst[count..]);
        }

        _statistics.Received += count;
        return count;
    }

    /// <inheritdoc/>
    public int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst) =>
        State == PortState.Up || _isOutOfSight ? _sender.Take(pool, burst) : 0;

    /// <inheritdoc/>
    public void Flush(PacketPool pool) => _sender.Flush(pool);

    /// <inheritdoc/>
    public bool Maintain()
    {
        if (_tap is not null)
        {
            if (_tap.Exists())
            {
                ReadLink(_tap);
                return false;
            }

            _tap.Dispose();
            _tap = null;
            _link.Gone();
        }

        try
        {
            Adopt(TapDevice.Open(Name, _device, _options));
            return true;
        }
        catch (PortOpenException e)
        {
            _link.Lose(PortState.Failed, e.Message);
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tap?.Dispose();
        _tap = null;
        _sender.Dispose();
    }

    QueuePosition IFrameDevice.Fill(PacketPool pool, TransmitQueue queue, QueuePosition at, MessageBatch batch) =>
        _tap is null
            ? at with { Frame = at.Frame + 1, Start = 0 }
            : OffloadMessage.Fill(pool, queue, at, batch, new OffloadAbilities
            {
                HeaderLength = _tap.HeaderLength,
                TakesUdp = _tap.TakesUdp,
            });

    int IFrameDevice.Send(MessageBatch batch, out int error)
    {
        error = LinuxError.NetworkDown;
        int sent = 0;
        while (_tap is not null && sent < batch.Count)
        {
            error = batch.Write(_tap.Handle, sent);
            if (error != 0)
            {
                break;
            }

            sent++;
        }

        if (sent > 0 && State != PortState.Up)
        {
            _link.Up();
        }

        return sent;
    }

    void IFrameDevice.OnLost(int error)
    {
        _link.Lose(PortState.Down, $"{Name}: the interface is down.");
        _isOutOfSight = _tap?.ReadLink() is null;
    }

    private void Adopt(TapDevice tap)
    {
        _tap = tap;
        ReadLink(tap);
    }

    private void ReadLink(TapDevice tap)
    {
        (bool IsUp, bool HasCarrier, int Mtu)? link = tap.ReadLink();
        Mtu = link?.Mtu ?? Mtu;
        _isOutOfSight = link is null;
        _link.Follow(link?.IsUp ?? true, link?.HasCarrier ?? true);
    }
}
