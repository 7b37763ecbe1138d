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

    /// <summary>It is the switch's own answer.</summary>
    Answer,
}
