namespace VxlanEngine.Pipeline;

/// <summary>How a frame that leaves came to be.</summary>
public enum FrameOrigin : byte
{
    /// <summary>It is the frame that was received.</summary>
    Received,

    /// <summary>It is a further copy of a frame that goes to several places.</summary>
    Replica,

    /// <summary>It is a copy made by a mirror rule.</summary>
    Mirror,

    /// <summary>It is the switch's own answer, or its ICMP error.</summary>
    Answer,

    /// <summary>It is a further fragment of a frame that is too big to leave whole.</summary>
    Fragment,

    /// <summary>It is the switch's own question for the link-layer address of a next hop.</summary>
    Question,

    /// <summary>It is a BFD control packet of the switch's own.</summary>
    Bfd,

    /// <summary>It is the switch's own IGMP or MLD message about a multicast group of the underlay.</summary>
    Membership,
}
