using System.Text.Json;
using Xunit;

namespace VxlanEngine.Tests.Tidy;

/// <summary>The faults that <c>pcaps/break</c> puts into the engine still fit it.</summary>
public class FaultTests
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
    };

    [Fact]
    public void Every_fault_has_its_line()
    {
        Dictionary<string, Fault> faults = JsonSerializer.Deserialize<Dictionary<string, Fault>>(
            File.ReadAllText(RepositoryFiles.PathOf("pcaps/faults.json")), Options)!;
        Assert.NotEmpty(faults);
        Findings.AssertNone(faults.SelectMany(f => Stale(f.Key, f.Value)));
    }

    [Theory]
    [InlineData("Wire/NoSuchFile.cs", "x", "y", "there is no")]
    [InlineData("Wire/Checksum.cs", "no such line", "y", "stands 0 times in")]
    [InlineData("Wire/Checksum.cs", "namespace VxlanEngine.Wire;", "namespace VxlanEngine.Wire;", "changes nothing")]
    [InlineData("Wire/Checksum.cs", "ushort", "uint", "times in")]
    public void A_stale_fault_is_found(string file, string once, string instead, string finding) =>
        Assert.Contains(finding, Assert.Single(Stale("x", new Fault(file, once, instead))), StringComparison.Ordinal);

    [Fact]
    public void A_fault_that_fits_has_no_finding() =>
        Assert.Empty(Stale("x", new Fault("Wire/Checksum.cs", "namespace VxlanEngine.Wire;", "")));

    private static IEnumerable<string> Stale(string name, Fault fault)
    {
        string path = RepositoryFiles.PathOf($"Engine/{fault.File}");
        int times = File.Exists(path) ? File.ReadAllText(path).Split(fault.Once).Length - 1 : 0;
        string? finding = !File.Exists(path) ? $"there is no Engine/{fault.File}"
            : times != 1 ? $"'{fault.Once}' stands {times} times in Engine/{fault.File}, not once"
            : fault.Instead == fault.Once ? "it changes nothing"
            : null;
        return finding is null ? [] : [$"pcaps/faults.json: {name}: {finding}; change the fault with the line"];
    }

    /// <summary>One fault.</summary>
    /// <param name="File">The file, below Engine/.</param>
    /// <param name="Once">What stands there, exactly once.</param>
    /// <param name="Instead">What is put in its place.</param>
    private sealed record Fault(string File, string Once, string Instead);
}
