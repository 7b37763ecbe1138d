using System.Runtime.CompilerServices;

namespace VxlanEngine.Classification;

/// <summary>
/// A packet as a point of the space that rules cut: source, destination, source port, destination port, protocol. The
/// type and code of ICMP stand where ports stand; a rule that asks for either says which.
/// </summary>
/// <typeparam name="T">The number that holds an address.</typeparam>
[InlineArray(Dimensions)]
internal struct PacketPoint<T>
    where T : unmanaged
{
    public const int Source = 0;
    public const int Destination = 1;
    public const int SourcePort = 2;
    public const int DestinationPort = 3;
    public const int Protocol = 4;
    public const int Dimensions = 5;

    private T _first;
}
