using VxlanEngine.Policy;
using VxlanEngine.Replay;

namespace VxlanEngine.Cli;

/// <summary>Policies and open captures of a command.</summary>
/// <param name="Policy">The policy to start with.</param>
/// <param name="Changes">Policies that take over later.</param>
/// <param name="Captures">The captures.</param>
/// <param name="Length">Bytes of the files among them.</param>
internal sealed record ReplayInputs(
    SwitchPolicy Policy,
    IReadOnlyList<PolicyChange> Changes,
    IReadOnlyList<ReplayInput> Captures,
    long Length) : IDisposable
{
    /// <summary>Closes the captures.</summary>
    public void Dispose()
    {
        foreach (ReplayInput capture in Captures)
        {
            capture.Reader.Dispose();
        }
    }
}
