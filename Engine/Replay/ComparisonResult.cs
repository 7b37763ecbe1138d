using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Replay;

/// <summary>How the packets fare under two policies.</summary>
/// <param name="Same">Packets that fare the same.</param>
/// <param name="Different">Packets that do not.</param>
/// <param name="Groups">The different ones by cause: largest first, of equal ones the one that begins first.</param>
/// <param name="Ungrouped">Different packets that are in no group, because there were too many groups.</param>
/// <param name="Faults">Captures that were damaged; their frames before the damage were compared.</param>
/// <param name="LinkTypes">Interfaces whose frames are not Ethernet, once each.</param>
/// <param name="Unfound">
/// Inputs that name an interface which their capture does not have; none where not all packets were asked for.
/// </param>
public sealed record ComparisonResult(
    long Same,
    long Different,
    IReadOnlyList<DifferenceGroup> Groups,
    long Ungrouped,
    IReadOnlyList<CaptureFault> Faults,
    IReadOnlyList<ForeignInterface> LinkTypes,
    IReadOnlyList<ReplayInput> Unfound);
