using System.Text.Json.Serialization;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>What was measured of a cell.</summary>
/// <param name="Cell">Its name.</param>
/// <param name="Measured">When, to the minute, in UTC.</param>
/// <param name="Commit">Of which state of the repository.</param>
/// <param name="OpenVSwitch">The peer.</param>
/// <param name="Engine">The engine.</param>
/// <param name="Floor">The least code that does the job.</param>
internal sealed record CellResult(
    string Cell, string Measured, string Commit, Series OpenVSwitch, Series Engine, Series Floor)
{
    /// <summary>How many times the peer's rate the engine makes: the median of the rounds.</summary>
    /// <remarks>Sides take turns within a round, and a shared machine's speed lasts longer than that.</remarks>
    [JsonIgnore]
    public double Ratio => Engine.MedianBeside(OpenVSwitch);

    /// <summary>How many times the floor's time the engine takes: the median of the rounds.</summary>
    [JsonIgnore]
    public double TimesFloor => Floor.MedianBeside(Engine);
}
