using VxlanEngine.Queues;

namespace VxlanEngine.Pipeline;

/// <summary>Flows that are steered to this worker though another one has them: answers to translations.</summary>
/// <remarks>
/// The owner says so on its control ring before it transmits the flow's first packet; who takes the rings' content over
/// after it has received an answer, and before it looks here, knows. Thread: the worker's.
/// </remarks>
internal sealed class FlowStubs(RingMesh<FlowStub> rings, int worker)
{
    private readonly Dictionary<ulong, (int Owner, int Flows)> _owners = [];
    private readonly FlowStub[] _batch = new FlowStub[64];

    /// <summary>Number of flows.</summary>
    public int Count => _owners.Count;

    /// <summary>Takes over what the other workers have said.</summary>
    public void Update()
    {
        for (int from = 0; from < rings.Count; from++)
        {
            if (from == worker)
            {
                continue;
            }

            SpscRing<FlowStub> ring = rings[from, worker];
            for (int count = ring.Dequeue(_batch); count > 0; count = ring.Dequeue(_batch))
            {
                foreach (ref readonly FlowStub stub in _batch.AsSpan(0, count))
                {
                    Take(stub);
                }
            }
        }
    }

    /// <summary>Finds who has a flow.</summary>
    public bool TryFind(ulong hash, out int owner)
    {
        bool isKnown = _owners.TryGetValue(hash, out (int Owner, int Flows) entry);
        owner = entry.Owner;
        return isKnown;
    }

    // Flows are counted: one that follows another with the same hash may be told of before that one's end is.
    private void Take(FlowStub stub)
    {
        int flows = _owners.GetValueOrDefault(stub.Hash).Flows + stub.Change;
        if (flows == 0)
        {
            _owners.Remove(stub.Hash);
            return;
        }

        int owner = stub.Change > 0 ? stub.Owner : _owners[stub.Hash].Owner;
        _owners[stub.Hash] = (owner, flows);
    }
}
