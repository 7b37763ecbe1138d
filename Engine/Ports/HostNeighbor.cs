using VxlanEngine.Wire;

namespace VxlanEngine.Ports;

/// <summary>What the machine itself knows of a station on one of its links.</summary>
/// <param name="Interface">Index of the interface.</param>
/// <param name="Address">The station's address.</param>
/// <param name="Mac">Its MAC address; zero where <paramref name="State"/> says that none is known.</param>
/// <param name="State">How much is known.</param>
internal readonly record struct HostNeighbor(
    int Interface, IpAddress Address, MacAddress Mac, HostNeighborState State);
