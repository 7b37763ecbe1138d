namespace VxlanEngine.Pipeline;

/// <summary>What workers are to do.</summary>
internal enum WorkerPhase
{
    /// <summary>Nothing: they have not been started, or have been stopped.</summary>
    Stopped,

    /// <summary>Receive frames and take them to their fate.</summary>
    Running,

    /// <summary>Receive nothing more; finish what is under way.</summary>
    Draining,
}
