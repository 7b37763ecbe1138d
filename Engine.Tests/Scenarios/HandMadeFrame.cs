using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Tests.Scenarios;

/// <summary>A frame that enters at a port, and what must become of it.</summary>
/// <param name="Port">The port.</param>
/// <param name="AtMs">Milliseconds after the scenario's beginning.</param>
/// <param name="Bytes">The frame.</param>
/// <param name="Fate">
/// The ports it leaves by, with what is special about a frame there (<c>uplink copy</c>, <c>web answer</c>), or
/// <c>drop</c> and the reason; several are separated by commas.
/// </param>
internal sealed record HandMadeFrame(string Port, int AtMs, byte[] Bytes, string Fate)
{
    /// <summary>
    /// The frames that it leaves as, in order and each built anew; empty where the fate says all there is to say.
    /// </summary>
    public IReadOnlyList<byte[]> Becomes { get; init; } = [];

    /// <summary>Bytes that were on the wire, where the capture has cut some off.</summary>
    public int? WireLength { get; init; }

    /// <summary>What the frames of its capture begin with.</summary>
    public LinkType LinkType { get; init; } = LinkType.Ethernet;
}
