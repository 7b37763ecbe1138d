namespace VxlanEngine.Benchmarks.Io;

/// <summary>What was measured of a side.</summary>
/// <param name="Side">Its name.</param>
/// <param name="Turns">A turn for each round.</param>
internal sealed record IoSideResult(string Side, IReadOnlyList<IoTurn> Turns);
