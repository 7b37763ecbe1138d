using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>What a mapping space knows of an address.</summary>
/// <param name="Kind">Where the address is.</param>
/// <param name="Mac">MAC address of the endpoint or of the remote router.</param>
/// <param name="Port">Index of the local port; −1 for the other kinds.</param>
/// <param name="Vtep">The VTEP in front of it; no address for a local one.</param>
/// <param name="Vni">The VNI to use.</param>
public readonly record struct Mapping(MappingKind Kind, MacAddress Mac, int Port, IpAddress Vtep, Vni Vni);
