using System.Reflection;
using Xunit;

namespace VxlanEngine.Tests.Conformance;

/// <summary>What the tests of this assembly are called, and which scenarios they say they hold.</summary>
internal static class TestNames
{
    /// <summary>Every test method, by its class and name.</summary>
    public static IReadOnlyDictionary<string, MethodInfo> All { get; } = typeof(TestNames).Assembly.GetTypes()
        .SelectMany(type => type.GetMethods())
        .Where(method => method.IsDefined(typeof(FactAttribute), inherit: false))
        .ToDictionary(method => $"{method.DeclaringType!.Name}.{method.Name}", StringComparer.Ordinal);

    /// <summary>The tests of each scenario, sorted.</summary>
    public static ILookup<string, string> OfScenario { get; } = All
        .SelectMany(test => Scenarios(test.Value).Select(id => (Id: id, test.Key)))
        .OrderBy(pair => pair.Key, StringComparer.Ordinal)
        .ToLookup(pair => pair.Id, pair => pair.Key, StringComparer.Ordinal);

    // The attribute keeps its name and value to itself, but not its arguments.
    private static IEnumerable<string> Scenarios(MethodInfo method) => method.GetCustomAttributesData()
        .Where(a => a.AttributeType == typeof(TraitAttribute)
            && a.ConstructorArguments[0].Value is "Scenario")
        .Select(a => (string)a.ConstructorArguments[1].Value!);
}
