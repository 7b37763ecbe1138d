namespace VxlanEngine.Tests.Conformance;

/// <summary>A group of scenarios, as Scenarios.md shows it.</summary>
/// <param name="Title">Title of the group.</param>
/// <param name="Rows">Its scenarios.</param>
internal sealed record ScenarioTable(string Title, IReadOnlyList<ScenarioRow> Rows)
{
    /// <summary>Adds a scenario; the remark says what is missing, or why there is no test.</summary>
    public static ScenarioRow Row(string id, string what, string remark = "") => new(id, what, remark);
}
