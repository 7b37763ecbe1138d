namespace VxlanEngine.Policy;

/// <summary>How DSCP crosses a tunnel (RFC 2983).</summary>
public enum DscpMode : byte
{
    /// <summary>The outer header carries 0; the inner one is left alone.</summary>
    Pipe,

    /// <summary>The outer header carries the inner DSCP.</summary>
    Uniform,
}
