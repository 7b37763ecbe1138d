namespace VxlanEngine.Packets;

/// <summary>
/// What a VXLAN header says of the sender's group (draft-smith-vxlan-group-policy §2.1; Linux calls it GBP).
/// </summary>
/// <param name="Id">The sender's group, 0–65535.</param>
/// <param name="IsApplied">
/// The A bit: somebody on the way has applied the groups' policy already, and nobody may do so again.
/// </param>
public readonly record struct GroupPolicy(ushort Id, bool IsApplied = false);
