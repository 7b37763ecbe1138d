namespace VxlanEngine.Packets;

/// <summary>What a port knows of a received frame's transport checksums.</summary>
public enum ChecksumStatus : byte
{
    /// <summary>Nothing: they are in the bytes, unchecked.</summary>
    Unknown,

    /// <summary>A device below has found them right.</summary>
    Good,

    /// <summary>The innermost one is still to be computed by whoever sends the frame on (a host's offload).</summary>
    Partial,
}
