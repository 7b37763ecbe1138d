using VxlanEngine.Flows;
using VxlanEngine.Packets;

namespace VxlanEngine.Overlay;

/// <summary>A frame that is ready to leave but for the MAC address of its next hop.</summary>
/// <param name="Frame">The frame; its port is the one that it entered at.</param>
/// <param name="Egress">Index of the port that it will leave through.</param>
/// <param name="Tunnel">The tunnel that it is in.</param>
/// <param name="Origin">How it came to be, for whoever reports it.</param>
internal readonly record struct WaitingFrame(
    FrameDescriptor Frame, int Egress, TunnelTemplate Tunnel, byte Origin);
