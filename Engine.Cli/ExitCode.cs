namespace VxlanEngine.Cli;

/// <summary>What the process returns.</summary>
internal static class ExitCode
{
    /// <summary>The work is done.</summary>
    public const int Done = 0;

    /// <summary>The work failed: a policy was refused, a file could not be read.</summary>
    public const int Failed = 1;

    /// <summary>What was compared differs.</summary>
    public const int Different = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;

    /// <summary><c>vxe diff</c> could not compare, or not all of it; it answers as diff(1) does.</summary>
    public const int NotCompared = 2;
}
