namespace VxlanEngine.Replay;

/// <summary>How a frame that left departs from what was expected.</summary>
public enum FrameMismatchKind
{
    /// <summary>It was expected and did not leave.</summary>
    Missing,

    /// <summary>It left and was not expected.</summary>
    Unexpected,

    /// <summary>It left otherwise than expected.</summary>
    Different,
}
