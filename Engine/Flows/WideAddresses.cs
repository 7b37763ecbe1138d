using System.Runtime.InteropServices;
using VxlanEngine.Wire;

namespace VxlanEngine.Flows;

/// <summary>The two addresses of an IPv6 flow, which have no room in a <see cref="FlowEntry"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct WideAddresses
{
    private readonly ulong _sourceHigh;
    private readonly ulong _sourceLow;
    private readonly ulong _destinationHigh;
    private readonly ulong _destinationLow;

    /// <summary>Takes a tuple's addresses.</summary>
    public WideAddresses(in FlowTuple tuple)
    {
        (_sourceHigh, _sourceLow) = (tuple.Source.High, tuple.Source.Low);
        (_destinationHigh, _destinationLow) = (tuple.Destination.High, tuple.Destination.Low);
    }

    /// <summary>The source.</summary>
    public IpAddress Source => new Ipv6Address(_sourceHigh, _sourceLow);

    /// <summary>The destination.</summary>
    public IpAddress Destination => new Ipv6Address(_destinationHigh, _destinationLow);

    /// <summary>A number that stands for both addresses in a hash and in most comparisons.</summary>
    public ulong Hash(ulong key) => FlowHash.Mix(
        FlowHash.Mix(FlowHash.Mix(FlowHash.Mix(key, _sourceHigh), _sourceLow), _destinationHigh), _destinationLow);
}
