namespace VxlanEngine.Tests.Conformance;

/// <summary>A scenario that a tunnel endpoint is held to.</summary>
/// <param name="Id">Its id, which tests carry as trait "Scenario".</param>
/// <param name="What">What must hold.</param>
/// <param name="Remark">What of it is not done, and why; empty where all of it is.</param>
internal sealed record ScenarioRow(string Id, string What, string Remark);
