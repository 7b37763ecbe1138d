namespace VxlanEngine.Ports.Linux;

/// <summary>Whether what the kernel says of a frame in a block of a packet ring keeps inside of the block.</summary>
internal static class RingBounds
{
    /// <summary>True for a frame whose header, what stands before its bytes, and its bytes lie in the block.</summary>
    /// <param name="blockSize">Bytes of the block.</param>
    /// <param name="at">Where the frame's header begins.</param>
    /// <param name="headerLength">Bytes of that header.</param>
    /// <param name="before">Bytes that stand right before the frame's own.</param>
    /// <param name="offset">Where the frame's bytes begin, from its header.</param>
    /// <param name="length">How many they are.</param>
    public static bool IsInside(uint blockSize, uint at, int headerLength, int before, uint offset, uint length) =>
        (ulong)at + (uint)headerLength <= blockSize
        && offset >= (uint)headerLength + (uint)before
        && (ulong)at + offset + length <= blockSize;
}
