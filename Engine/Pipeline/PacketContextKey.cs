using System.Runtime.InteropServices;

namespace VxlanEngine.Pipeline;

/// <summary>All that a packet's fate may depend on besides its tuple and traffic class, as five words.</summary>
/// <param name="Place">The ingress port; for a tunnel packet also UDP port and outer traffic class.</param>
/// <param name="Macs">The first eight bytes of the innermost Ethernet header.</param>
/// <param name="MacsAndVni">The next four, and the VNI.</param>
/// <param name="OuterAddresses">Outer source and destination; 0 outside a tunnel.</param>
/// <param name="OuterMac">Outer destination MAC address; 0 outside a tunnel.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct PacketContextKey(
    ulong Place, ulong Macs, ulong MacsAndVni, ulong OuterAddresses, ulong OuterMac);
