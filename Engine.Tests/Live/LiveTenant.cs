namespace VxlanEngine.Tests.Live;

/// <summary>An endpoint of a <see cref="LivePolicy"/>.</summary>
/// <param name="Name">Name of its port.</param>
/// <param name="Vni">Its network.</param>
/// <param name="Address">Its address in 10.0.1.0/24.</param>
/// <param name="Mac">Its MAC address.</param>
/// <param name="Vtep">Last byte of the VTEP that it is behind; 0 for a port of the engine.</param>
internal sealed record LiveTenant(string Name, int Vni, string Address, string Mac, int Vtep = 0);
