using System.Text.RegularExpressions;
using VxlanEngine.Packets;
using Xunit;

namespace VxlanEngine.Tests.Tidy;

/// <summary>Each folder of Engine/ uses only the floors below it, and its namespace says where it is.</summary>
public partial class FloorTests
{
    private const string Root = "";

    /// <summary>What each folder may use besides itself; null means everything.</summary>
    private static readonly Dictionary<string, string[]?> Floors = new(StringComparer.Ordinal)
    {
        ["Wire"] = [],
        ["Packets"] = ["Wire"],
        ["Queues"] = [],
        ["Policy"] = ["Wire", "Packets"],
        ["Ports"] = ["Wire", "Packets", "Queues"],
        ["Classification"] = ["Wire", "Packets", "Policy"],
        ["Flows"] = ["Wire", "Packets", "Policy"],
        ["Overlay"] = ["Wire", "Packets", "Queues", "Policy", "Ports", "Classification", "Flows"],
        ["Pipeline"] = ["Wire", "Packets", "Queues", "Policy", "Ports", "Classification", "Flows", "Overlay"],
        [Root] = null,
        ["Control"] = null,
        ["Hns"] = null,
        ["Replay"] = null,
        ["Tracing"] = null,
        ["Telemetry"] = null,
        ["Anonymization"] = null,
    };

    [Fact]
    public void Sources_name_only_lower_floors() => Findings.AssertNone(SourceFile.In("Engine").SelectMany(Imports));

    [Fact]
    public void Namespaces_are_their_folders() => Findings.AssertNone(SourceFile.In("Engine").SelectMany(Namespace));

    [Fact]
    public void Compiled_types_use_only_lower_floors() =>
        Findings.AssertNone(typeof(DropReason).Assembly.GetTypes().SelectMany(CompiledUses));

    [Fact]
    public void The_project_file_adds_no_usings() =>
        Assert.DoesNotContain(
            "<Using", File.ReadAllText(RepositoryFiles.PathOf("Engine/Engine.csproj")), StringComparison.Ordinal);

    [Theory]
    [InlineData("Wire", "using VxlanEngine.Packets;", "Engine/Wire/X.cs:1: Wire may not use Packets")]
    [InlineData("Packets", "\nusing static VxlanEngine.Policy.Y;", "Engine/Packets/X.cs:2: Packets may not use Policy")]
    [InlineData("Ports", "global::VxlanEngine.Flows.Key k;", "Ports may not use Flows")]
    [InlineData("Ports/AfXdp", "using VxlanEngine.Policy;", "Ports may not use Policy")]
    [InlineData("Flows", "using VxlanEngine;", "Flows may not use the root")]
    [InlineData("Queues", "using static VxlanEngine.VirtualSwitch;", "Queues may not use VirtualSwitch")]
    [InlineData("Control", "global using VxlanEngine.Wire;", "global using")]
    [InlineData("Stuff", "", "the folder Stuff is on no floor")]
    public void A_forbidden_import_is_found(string folder, string text, string finding) =>
        Findings.AssertFound(Imports, $"Engine/{folder}/X.cs", text, finding);

    [Theory]
    [InlineData("Engine/Ports/AfXdp/X.cs", "using VxlanEngine.Queues;\nnamespace VxlanEngine.Ports.AfXdp;")]
    [InlineData("Engine/X.cs", "using VxlanEngine.Pipeline;\nnamespace VxlanEngine;")]
    [InlineData("Engine/Wire/X.cs", "namespace VxlanEngine.Wire; // VxlanEngine.Policy reads this")]
    public void A_permitted_file_has_no_finding(string path, string text)
    {
        var file = new SourceFile(path, text);
        Findings.AssertNone(Imports(file).Concat(Namespace(file)));
    }

    [Theory]
    [InlineData("Engine/Wire/X.cs", "namespace VxlanEngine.Packets;", "write 'namespace VxlanEngine.Wire;'")]
    [InlineData("Engine/X.cs", "namespace VxlanEngine.Wire;", "write 'namespace VxlanEngine;'")]
    [InlineData("Engine/Ports/Xdp/X.cs", "namespace VxlanEngine.Ports;", "write 'namespace VxlanEngine.Ports.Xdp;'")]
    [InlineData("Engine/Wire/X.cs", "namespace VxlanEngine.Wire { }", "write 'namespace VxlanEngine.Wire;'")]
    public void A_wrong_namespace_is_found(string path, string text, string finding) =>
        Findings.AssertFound(Namespace, path, text, finding);

    [Fact]
    public void Uses_are_seen_in_signatures_bodies_and_generic_arguments()
    {
        HashSet<Type> uses = CompiledTypes.UsedBy(typeof(Sample));
        Assert.Contains(typeof(DropReason), uses);
        Assert.Contains(typeof(VxlanEngine.Wire.Vni), uses);
        Assert.Contains(typeof(VxlanEngine.Wire.IpPrefix), uses);
        Assert.DoesNotContain(typeof(VxlanEngine.Wire.MacAddress), uses);
    }

    private static IEnumerable<string> Imports(SourceFile file)
    {
        string folder = TopOf(file.Folder);
        if (!Floors.TryGetValue(folder, out string[]? allowed))
        {
            yield return file.At(
                0, $"the folder {folder} is on no floor; move the file, or give the folder a floor in FloorTests");
            yield break;
        }

        foreach (Match m in GlobalUsing().Matches(file.Code))
        {
            yield return file.At(m.Index, "a global using hides what a folder uses; import it in each file");
        }

        foreach (Match m in EngineName().Matches(file.Code))
        {
            string used = m.Groups["folder"].Value;
            bool declares = file.Code.AsSpan(0, m.Index).EndsWith("namespace ");
            if (!declares && used != folder && allowed is not null && !allowed.Contains(used, StringComparer.Ordinal))
            {
                string name = used.Length == 0 ? "the root" : used;
                yield return file.At(m.Index, $"{folder} may not use {name}; {MayUse(allowed)}");
            }
        }
    }

    private static IEnumerable<string> Namespace(SourceFile file)
    {
        string expected = file.Folder.Length == 0 ? "VxlanEngine" : $"VxlanEngine.{file.Folder.Replace('/', '.')}";
        foreach (Match m in Declaration().Matches(file.Code))
        {
            if (m.Groups["name"].Value != expected || m.Groups["end"].Value != ";")
            {
                yield return file.At(m.Index, $"the namespace is not the folder; write 'namespace {expected};'");
            }
        }
    }

    private static IEnumerable<string> CompiledUses(Type type)
    {
        string? folder = FolderOf(type);
        if (folder is null || !Floors.TryGetValue(folder, out string[]? allowed) || allowed is null)
        {
            return [];
        }

        return CompiledTypes.UsedBy(type)
            .Where(used => FolderOf(used) is { } f && f != folder && !allowed.Contains(f, StringComparer.Ordinal))
            .Select(used => $"{type.FullName}: uses {used.FullName}; {folder} {MayUse(allowed)}");
    }

    private static string? FolderOf(Type type) =>
        type.Assembly != typeof(DropReason).Assembly || type.Namespace is null ? null
        : type.Namespace == "VxlanEngine" ? Root
        : type.Namespace.StartsWith("VxlanEngine.", StringComparison.Ordinal) ? type.Namespace.Split('.')[1]
        : null;

    private static string MayUse(string[] allowed) =>
        allowed.Length == 0 ? "may use no other folder" : $"may use {string.Join(", ", allowed)}";

    private static string TopOf(string folder) => folder.Split('/')[0];

    [GeneratedRegex(@"\bVxlanEngine\b(\s*\.\s*(?<folder>\w+))?", RegexOptions.ExplicitCapture)]
    private static partial Regex EngineName();

    [GeneratedRegex(@"\bglobal\s+using\b")]
    private static partial Regex GlobalUsing();

    [GeneratedRegex(
        @"^[ \t]*namespace\s+(?<name>[\w.]+)\s*(?<end>[;{])",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Declaration();

    private sealed class Sample
    {
        public static List<VxlanEngine.Wire.Vni> Networks { get; } = [];

        public static string Name() => $"{DropReason.RuleBlock}{VxlanEngine.Wire.IpPrefix.Parse("10.0.0.0/8")}";
    }
}
