namespace VxlanEngine.Packets;

/// <summary>Where in its buffer a rented frame lies.</summary>
internal enum FramePlacement : byte
{
    /// <summary>Behind a headroom of <see cref="PacketPool.Headroom"/> bytes, in front of the tail.</summary>
    BehindHeadroom,

    /// <summary>At the buffer's end, without a tail: a byte too many lies outside the buffer.</summary>
    AtEnd,
}
