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
    /// <summary>How many times the peer's rate the engine makes.</summary>
    [JsonIgnore]
    public double Ratio => Engine.Mpps / OpenVSwitch.Mpps;

    /// <summary>How many times the floor's time the engine takes.</summary>
    [JsonIgnore]
    public double TimesFloor => Floor.Mpps / Engine.Mpps;
}
