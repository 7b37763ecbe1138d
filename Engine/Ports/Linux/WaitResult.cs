namespace VxlanEngine.Ports.Linux;

/// <summary>What ended a sleep.</summary>
internal enum WaitResult : byte
{
    /// <summary>The time was over.</summary>
    TimedOut,

    /// <summary>A descriptor can be read, or somebody woke the sleeper.</summary>
    Ready,

    /// <summary>A descriptor has an error.</summary>
    Error,
}
