using VxlanEngine.Wire;

namespace VxlanEngine.Cli;

/// <summary>What <c>vxe anonymize</c> was asked for, read and found to make sense.</summary>
internal sealed record AnonymizeArguments
{
    /// <summary>The policy's file, or null for captures alone.</summary>
    public string? Policy { get; init; }

    /// <summary>Policies that take over later.</summary>
    public IReadOnlyList<(TimeSpan After, string File)> Changes { get; init; } = [];

    /// <summary>Captures that enter at ports of the policy.</summary>
    public IReadOnlyList<(string Port, string File, string? Interface)> Inputs { get; init; } = [];

    /// <summary>Every file to read, and what becomes of it: policies first, then captures, each once.</summary>
    public required IReadOnlyDictionary<string, string> Outputs { get; init; }

    /// <summary>Captures to copy.</summary>
    public required IReadOnlyList<string> Captures { get; init; }

    /// <summary>Text of the key; null for a random one.</summary>
    public string? Key { get; init; }

    /// <summary>Subnets whose edges to keep, besides those of the policy.</summary>
    public IReadOnlyList<IpPrefix> Subnets { get; init; } = [];

    /// <summary>UDP ports of VXLAN, besides those of the policy.</summary>
    public IReadOnlyList<ushort> VxlanPorts { get; init; } = [];

    /// <summary>What to add to time stamps.</summary>
    public TimeSpan Shift { get; init; }

    /// <summary>Whether to cut frames behind their headers.</summary>
    public bool Cuts { get; init; }
}
