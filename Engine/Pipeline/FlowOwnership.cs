using VxlanEngine.Flows;
using VxlanEngine.Queues;

namespace VxlanEngine.Pipeline;

/// <summary>Which flows are this worker's, and what it tells others of those that are not steered to it.</summary>
/// <remarks>
/// Both keys of a pair count: a translated flow's answers mostly fall into another shard, and so does a flow that
/// crosses a second port after its translation. Thread: the worker's.
/// </remarks>
internal sealed class FlowOwnership(FlowShards shards, RingMesh<FlowStub> rings, int worker)
{
    private readonly Queue<(int To, FlowStub Stub)> _unsent = new();

    /// <summary>The shards as this worker sees them.</summary>
    public FlowShards Shards => shards;

    /// <summary>Keys of pairs that are here, though their packets are steered elsewhere.</summary>
    public int Announced { get; private set; }

    /// <summary>Tells those to whom a pair's packets are steered that the pair is here.</summary>
    /// <returns>False when a ring is full; nobody is told then.</returns>
    public bool TryAnnounce(FlowPair pair)
    {
        if (shards.Workers == 1)
        {
            return true;
        }

        (ulong forward, ulong reverse) = HashesOf(pair);
        if (!TryAnnounce(forward))
        {
            return false;
        }

        if (reverse == forward || TryAnnounce(reverse))
        {
            return true;
        }

        Withdraw(forward);
        return false;
    }

    /// <summary>Tells those who know of a pair that it has ended.</summary>
    public void Withdraw(FlowPair pair)
    {
        if (shards.Workers == 1)
        {
            return;
        }

        (ulong forward, ulong reverse) = HashesOf(pair);
        Withdraw(forward);
        if (reverse != forward)
        {
            Withdraw(reverse);
        }
    }

    /// <summary>Sends what did not fit into a ring before.</summary>
    public void SendRest()
    {
        while (_unsent.TryPeek(out (int To, FlowStub Stub) next) && rings[worker, next.To].TryEnqueue(next.Stub))
        {
            _unsent.Dequeue();
        }
    }

    private (ulong Forward, ulong Reverse) HashesOf(FlowPair pair) =>
        (shards.Hash(pair.Forward.Tuple), shards.Hash(pair.Reverse.Tuple));

    private bool TryAnnounce(ulong hash)
    {
        int home = shards.OwnerOf(hash);
        if (home == worker)
        {
            return true;
        }

        bool isTold = rings[worker, home].TryEnqueue(new FlowStub(hash, worker, 1));
        Announced += isTold ? 1 : 0;
        return isTold;
    }

    private void Withdraw(ulong hash)
    {
        int home = shards.OwnerOf(hash);
        if (home == worker)
        {
            return;
        }

        Announced--;
        var stub = new FlowStub(hash, worker, -1);
        if (!rings[worker, home].TryEnqueue(stub))
        {
            // What is said late keeps answers on the way of the flow that was; what is never said would for ever.
            _unsent.Enqueue((home, stub));
        }
    }
}
