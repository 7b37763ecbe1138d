using VxlanEngine.Wire;

namespace VxlanEngine.Ports;

/// <summary>What a policy says of a port that a live port may take over for its device.</summary>
/// <param name="Mac">MAC address of the interface at the port; zero for none.</param>
/// <param name="Mtu">Bytes of the largest IP packet; 0 for no wish.</param>
public readonly record struct PortDefaults(MacAddress Mac, int Mtu);
