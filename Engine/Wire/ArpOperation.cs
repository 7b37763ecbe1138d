namespace VxlanEngine.Wire;

/// <summary>What an ARP packet asks or tells (RFC 826, IANA registry).</summary>
public enum ArpOperation : ushort
{
    /// <summary>Not a defined operation.</summary>
    None = 0,

    /// <summary>Who has the target address?</summary>
    Request = 1,

    /// <summary>The sender has it.</summary>
    Reply = 2,
}
