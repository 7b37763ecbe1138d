namespace VxlanEngine.Classification;

/// <summary>The numbers from <see cref="First"/> to <see cref="Last"/>, both included.</summary>
internal readonly record struct Interval<T>(T First, T Last)
    where T : struct;
