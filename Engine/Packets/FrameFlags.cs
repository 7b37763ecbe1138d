namespace VxlanEngine.Packets;

/// <summary>What a port knows of a frame besides its bytes.</summary>
[Flags]
public enum FrameFlags : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The buffer holds fewer bytes than the frame had on the wire.</summary>
    Cut = 1,

    /// <summary>The frame's link type is not Ethernet.</summary>
    NotEthernet = 2,

    /// <summary>The frame did not fit the port's buffers; the buffer holds its beginning.</summary>
    TooLong = 4,
}
