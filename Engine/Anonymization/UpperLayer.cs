using VxlanEngine.Wire;

namespace VxlanEngine.Anonymization;

/// <summary>What an IP header says of the bytes behind it, as far as their checksum needs it.</summary>
/// <param name="At">Where they start.</param>
/// <param name="End">Where those that are there end.</param>
/// <param name="Protocol">Their protocol.</param>
/// <param name="Length">How many there are in the whole datagram; −1 where only other fragments know.</param>
/// <param name="AddressLength">Bytes of an address.</param>
/// <param name="SourceAt">Where the header's source address stands.</param>
/// <param name="DestinationAt">Where the header's destination address stands.</param>
/// <param name="Datagram">What is known of the datagram of which this is the first fragment, or null.</param>
/// <param name="IsFragment">Whether this is a fragment.</param>
internal readonly record struct UpperLayer(
    int At,
    int End,
    IpProtocol Protocol,
    int Length,
    int AddressLength,
    int SourceAt,
    int DestinationAt,
    Datagram? Datagram,
    bool IsFragment)
{
    /// <summary>Where a home address stands, which the checksum takes for the source; 0 without one.</summary>
    public int FinalSourceAt { get; init; }

    /// <summary>Where a route's last address stands, which the checksum takes for the destination; or 0.</summary>
    public int FinalDestinationAt { get; init; }

    /// <summary>The same with the addresses that a checksum takes by RFC 8200 §8.1.</summary>
    public UpperLayer Final => this with
    {
        SourceAt = FinalSourceAt == 0 ? SourceAt : FinalSourceAt,
        DestinationAt = FinalDestinationAt == 0 ? DestinationAt : FinalDestinationAt,
    };

    /// <summary>True when all bytes of the datagram are there.</summary>
    public bool IsWhole => !IsFragment && Length <= End - At;
}
