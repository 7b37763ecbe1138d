using System.Globalization;

namespace VxlanEngine.Replay;

/// <summary>Packets that fare differently under two policies for the same cause.</summary>
public sealed class DifferenceGroup
{
    private readonly List<ComparedPacket> _examples = [];

    internal DifferenceGroup(
        string ingress, PacketFate before, PacketFate after, IReadOnlyList<FieldChange> changes)
    {
        Ingress = ingress;
        Before = before;
        After = after;
        Changes = changes;
    }

    /// <summary>Name of the port that the packets entered at.</summary>
    public string Ingress { get; }

    /// <summary>What becomes of them under the first policy.</summary>
    public PacketFate Before { get; }

    /// <summary>What becomes of them under the second policy.</summary>
    public PacketFate After { get; }

    /// <summary>How the frames that leave differ, with the first packet's values; empty where none leaves.</summary>
    /// <remarks>All packets of the group differ in these fields; tunnels and VLANs are the same in all.</remarks>
    public IReadOnlyList<FieldChange> Changes { get; }

    /// <summary>True when the values of <see cref="Changes"/> are not the same for all packets.</summary>
    public bool ChangesVary { get; private set; }

    /// <summary>Number of packets.</summary>
    public long Count { get; private set; }

    /// <summary>The first few packets.</summary>
    public IReadOnlyList<ComparedPacket> Examples => _examples;

    /// <summary>The group in a sentence.</summary>
    /// <remarks>
    /// <c>14 packets from web: forwarded to uplink by acl/out/any, now dropped: rule-block by acl/out/no-http   first:
    /// packet 1 tcp 10.0.1.5:40312 > 10.0.1.6:80</c>
    /// </remarks>
    public override string ToString()
    {
        string packets = string.Create(CultureInfo.InvariantCulture, $"{Count} packet{(Count == 1 ? "" : "s")}");
        string now = Before.Outcome != After.Outcome ? $" {After}"
            : Before.Rule != After.Rule ? $" by {After.Rule ?? "no rule"}"
            : string.Empty;
        string changes = Changes.Count == 0 ? string.Empty : $" with {string.Join(", ", Changes)}";
        string vary = ChangesVary ? " in the first" : string.Empty;
        ComparedPacket first = _examples[0];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{packets} from {Ingress}: {Before}, now{now}{changes}{vary}   "
            + $"first: packet {first.Number} {first.Conversation}");
    }

    internal void Add(IReadOnlyList<FieldChange> changes)
    {
        Count++;
        ChangesVary = ChangesVary || !changes.SequenceEqual(Changes);
    }

    internal void AddExample(ComparedPacket packet) => _examples.Add(packet);
}
