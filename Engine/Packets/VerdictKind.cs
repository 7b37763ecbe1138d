namespace VxlanEngine.Packets;

/// <summary>The fates of a packet.</summary>
public enum VerdictKind : byte
{
    /// <summary>It left through one or more ports.</summary>
    Forward,

    /// <summary>It was dropped.</summary>
    Drop,

    /// <summary>It was handed to the control plane.</summary>
    Punt,

    /// <summary>The switch was its destination: it was answered or used up.</summary>
    Consume,
}
