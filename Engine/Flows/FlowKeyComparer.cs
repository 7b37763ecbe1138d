namespace VxlanEngine.Flows;

/// <summary>Hashes flow keys with a key of its own, so that nobody can send flows that collide.</summary>
internal sealed class FlowKeyComparer(ulong hashKey) : IEqualityComparer<FlowKey>
{
    public bool Equals(FlowKey x, FlowKey y) => x == y;

    public int GetHashCode(FlowKey key) =>
        (int)FlowHash.Of(key.Tuple, hashKey ^ (((ulong)key.Port << 1) | (uint)key.Direction));
}
