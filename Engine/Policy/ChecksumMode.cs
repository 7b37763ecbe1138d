namespace VxlanEngine.Policy;

/// <summary>Whether the checksums of frames that enter at a port are believed.</summary>
public enum ChecksumMode : byte
{
    /// <summary>Outer checksums are computed and compared.</summary>
    Verify,

    /// <summary>Checksums are taken as right: a device below has looked at them.</summary>
    Trust,
}
