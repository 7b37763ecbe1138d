namespace VxlanEngine.Ports.Xdp;

/// <summary>
/// Which addresses of the memory shared with the kernel may come back from it: the first half of the chunks is received
/// into, the second is sent from.
/// </summary>
internal static class UmemBounds
{
    /// <summary>True for a frame that lies in one of the chunks that are received into.</summary>
    /// <param name="address">Where it begins, from the start of the memory.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="chunks">Number of chunks of each half.</param>
    /// <param name="chunkSize">Bytes of a chunk.</param>
    public static bool IsReceived(ulong address, uint length, uint chunks, uint chunkSize) =>
        address / chunkSize < chunks && (address % chunkSize) + length <= chunkSize;

    /// <summary>True for an address in one of the chunks that are sent from.</summary>
    /// <inheritdoc cref="IsReceived"/>
    public static bool IsSent(ulong address, uint chunks, uint chunkSize) =>
        address / chunkSize >= chunks && address / chunkSize < 2 * (ulong)chunks;
}
