namespace VxlanEngine.Classification;

/// <summary>A branch inside a bucket: one dimension, cut in two.</summary>
/// <param name="Threshold">The lowest coordinate that is not below.</param>
/// <param name="Dimension">A dimension of <see cref="PacketPoint{T}"/>.</param>
/// <param name="Below">The node for packets below the threshold.</param>
/// <param name="NotBelow">The node for the others.</param>
/// <typeparam name="T">The number that holds an address.</typeparam>
internal readonly record struct RuleSplit<T>(T Threshold, int Dimension, int Below, int NotBelow)
    where T : unmanaged;
