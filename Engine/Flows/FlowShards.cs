using System.Runtime.CompilerServices;
using VxlanEngine.Wire;

namespace VxlanEngine.Flows;

/// <summary>The 256 parts of the flow space, and which of them belong to one of several workers.</summary>
/// <remarks>
/// A flow and its answers have the same hash: the endpoints are put in order first. Protocol, addresses and ports
/// count, neither direction nor network. The number of workers changes who owns a shard, never a flow's shard.
/// </remarks>
internal sealed class FlowShards
{
    /// <summary>Number of shards.</summary>
    public const int Count = 256;

    private readonly int _worker;

    /// <summary>Sees the shards as one worker does.</summary>
    /// <param name="hashKey">Key of all flow hashes.</param>
    /// <param name="worker">The worker's number, from 0.</param>
    /// <param name="workers">How many there are.</param>
    public FlowShards(ulong hashKey, int worker, int workers)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(workers, Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(worker, workers);
        _worker = worker;
        Workers = workers;

        // Flows that share a shard must not share places in the tables, which hash with the key itself.
        Key = FlowHash.Mix(hashKey, 0x5348_4152_4453);
    }

    /// <summary>Number of workers.</summary>
    public int Workers { get; }

    /// <summary>Key of this hash.</summary>
    public ulong Key { get; }

    /// <summary>The shard that a hash falls into.</summary>
    public static int ShardOf(ulong hash) => (int)(hash >> 56);

    /// <summary>The worker that owns the shard of a hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int OwnerOf(ulong hash) => (ShardOf(hash) * Workers) >> 8;

    /// <summary>True when the shard of a hash is the worker's own.</summary>
    public bool Owns(ulong hash) => OwnerOf(hash) == _worker;

    /// <summary>Hashes a tuple; the lowest bit is 0.</summary>
    public ulong Hash(in FlowTuple tuple) =>
        Hash(
            Endpoint(tuple.Source, tuple.SourcePort),
            Endpoint(tuple.Destination, tuple.DestinationPort),
            (byte)tuple.Protocol,
            Key);

    /// <summary>Hashes a protocol and two endpoints of 48 bits, in any order; the lowest bit is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Hash(ulong a, ulong b, byte protocol, ulong key)
    {
        ulong low = Math.Min(a, b);
        ulong high = Math.Max(a, b);
        return FlowHash.Mix(FlowHash.Mix(FlowHash.Mix(key, low), high | ((ulong)protocol << 48)), key) & ~1UL;
    }

    private ulong Endpoint(IpAddress address, ushort port) =>
        address.Family == IpFamily.V4
            ? (address.Low << 16) | port
            : FlowHash.Mix(FlowHash.Mix(FlowHash.Mix(Key, address.High), address.Low), port) >> 16;
}
