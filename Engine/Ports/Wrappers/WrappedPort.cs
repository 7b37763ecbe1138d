using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Wrappers;

/// <summary>A live port around another one, which does something to the frames that pass.</summary>
/// <remarks>Everything is the inner port's unless it is said otherwise. Thread: the inner port's.</remarks>
public abstract class WrappedPort : ILivePort, IMulticastPort
{
    private readonly string _kind;

    /// <summary>Wraps a port.</summary>
    /// <param name="kind">What stands before the inner port's name and a colon.</param>
    /// <param name="inner">The port, which is disposed with this one.</param>
    private protected WrappedPort(string kind, ILivePort inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        _kind = kind;
        Inner = inner;
    }

    /// <inheritdoc/>
    public string Name => $"{_kind}:{Inner.Name}";

    /// <inheritdoc/>
    public PortState State => Inner.State;

    /// <inheritdoc/>
    public string? Fault => Inner.Fault;

    /// <inheritdoc/>
    public virtual string? Notice => Inner.Notice;

    /// <inheritdoc/>
    public abstract string? Summary { get; }

    /// <inheritdoc/>
    public string? Interface => Inner.Interface;

    /// <inheritdoc/>
    public bool IsHeardByHost => Inner.IsHeardByHost;

    /// <inheritdoc/>
    public int Mtu => Inner.Mtu;

    /// <inheritdoc/>
    public int PollDescriptor => Inner.PollDescriptor;

    /// <inheritdoc/>
    public virtual bool HasUnsent => Inner.HasUnsent;

    /// <inheritdoc/>
    public virtual PortStatistics Statistics => Inner.Statistics;

    /// <inheritdoc/>
    public int WantedBuffers => Inner.WantedBuffers;

    /// <inheritdoc/>
    public virtual bool TakesSuperFrames => Inner.TakesSuperFrames;

    /// <summary>The port inside.</summary>
    protected ILivePort Inner { get; }

    /// <inheritdoc/>
    public bool Adopt(PacketPool pool) => Inner.Adopt(pool);

    /// <inheritdoc/>
    public abstract int Receive(PacketPool pool, Span<FrameDescriptor> burst);

    /// <inheritdoc/>
    public abstract int Transmit(PacketPool pool, ReadOnlySpan<FrameDescriptor> burst);

    /// <inheritdoc/>
    public virtual void Flush(PacketPool pool) => Inner.Flush(pool);

    /// <inheritdoc/>
    public virtual bool Maintain() => Inner.Maintain();

    /// <inheritdoc/>
    public bool SaysMemberships => Inner is IMulticastPort { SaysMemberships: true };

    /// <inheritdoc/>
    public void SetGroups(IReadOnlyCollection<IpAddress> groups) => (Inner as IMulticastPort)?.SetGroups(groups);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(isDisposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the wrapper has, and the inner port.</summary>
    /// <param name="isDisposing">True unless a finalizer calls.</param>
    protected virtual void Dispose(bool isDisposing)
    {
        if (isDisposing)
        {
            Inner.Dispose();
        }
    }

    /// <summary>A summary, and the inner port's behind it.</summary>
    private protected string Summarize(string own) => Inner.Summary is { } inner ? $"{own}; {inner}" : own;
}
