using VxlanEngine.Wire;

namespace VxlanEngine.Ports;

/// <summary>What a policy says of a port that a live port may take over for its device.</summary>
/// <param name="Mac">MAC address of the interface at the port; zero for none.</param>
/// <param name="Mtu">Bytes of the largest IP packet; 0 for no wish.</param>
/// <param name="Vlan">The VLAN whose tag frames have; 0 for none.</param>
/// <param name="IsEndpoint">Whether what comes is a tenant's, so that UDP super-frames hold no tunnel packets.</param>
public readonly record struct PortDefaults(MacAddress Mac, int Mtu, ushort Vlan = 0, bool IsEndpoint = false);
