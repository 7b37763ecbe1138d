using VxlanEngine.Ports;

namespace VxlanEngine.Cli;

/// <summary>A policy's port and the live port that it stands on: a queue for each worker, or one for all.</summary>
/// <remarks>Thread: any, but <see cref="Dispose"/>; what the queues say is as of some moment ago.</remarks>
internal sealed class PortQueues(string port, IReadOnlyList<ILivePort> queues) : IDisposable
{
    /// <summary>Name of the policy's port.</summary>
    public string Port => port;

    /// <summary>What it stands on.</summary>
    public IReadOnlyList<ILivePort> Queues => queues;

    /// <inheritdoc cref="ILivePort.Name"/>
    public string Name => queues[0].Name;

    /// <summary>Whether frames get through at every queue.</summary>
    public PortState State => queues.Max(queue => queue.State);

    /// <summary>Why they do not, at the first queue where they do not.</summary>
    public string? Fault => queues.Select(queue => queue.Fault).FirstOrDefault(fault => fault is not null);

    /// <inheritdoc cref="ILivePort.Notice"/>
    public string? Notice => queues[0].Notice;

    /// <inheritdoc cref="ILivePort.Summary"/>
    public string? Summary => queues[0].Summary;

    /// <inheritdoc cref="ILivePort.Mtu"/>
    public int Mtu => queues[0].Mtu;

    /// <inheritdoc cref="ILivePort.HasUnsent"/>
    public bool HasUnsent => queues.Any(queue => queue.HasUnsent);

    /// <summary>What all queues counted; failures are those of the interface, which each of them sees.</summary>
    public PortStatistics Statistics
    {
        get
        {
            var sum = new PortStatistics();
            foreach (PortStatistics queue in queues.Select(queue => queue.Statistics))
            {
                sum.Received += queue.Received;
                sum.DroppedByKernel += queue.DroppedByKernel;
                sum.Unusable += queue.Unusable;
                sum.SuperFrames += queue.SuperFrames;
                sum.Sent += queue.Sent;
                sum.Unsent += queue.Unsent;
                sum.Failures = Math.Max(sum.Failures, queue.Failures);
            }

            return sum;
        }
    }

    /// <summary>Looks after the queues, once no worker does.</summary>
    public void Maintain()
    {
        foreach (ILivePort queue in queues)
        {
            queue.Maintain();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ILivePort queue in queues)
        {
            queue.Dispose();
        }
    }
}
