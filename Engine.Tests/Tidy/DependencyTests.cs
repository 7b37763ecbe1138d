using System.Text.RegularExpressions;
using System.Xml.Linq;
using VxlanEngine.Packets;
using Xunit;

namespace VxlanEngine.Tests.Tidy;

/// <summary>The library stands on the framework alone.</summary>
public partial class DependencyTests
{
    [Fact]
    public void The_library_references_only_the_framework_and_abstractions() =>
        Findings.AssertNone(typeof(DropReason).Assembly.GetReferencedAssemblies()
            .Select(a => a.Name!)
            .Where(name => !Permitted().IsMatch(name))
            .Select(name => $"VxlanEngine.dll references {name}; the library takes no packages but abstractions"));

    [Theory]
    [InlineData("Engine/Engine.csproj", "PackageReference")]
    [InlineData("Directory.Packages.props", "PackageVersion")]
    public void SharpPcap_is_there_only_for_who_asks_for_it(string file, string element)
    {
        string[] bridge = ["PacketDotNet", "SharpPcap"];
        XElement[] packages = [.. XDocument.Load(RepositoryFiles.PathOf(file)).Descendants(element)
            .Where(p => bridge.Contains(p.Attribute("Include")?.Value, StringComparer.Ordinal))];
        Assert.Equal(2, packages.Length);
        Assert.All(packages, p => Assert.Equal(
            "'$(WithSharpPcap)' == 'true'", p.Parent!.Attribute("Condition")?.Value));
    }

    [Fact]
    public void The_library_has_no_other_packages() => Assert.Equal(
        ["PacketDotNet", "SharpPcap"],
        XDocument.Load(RepositoryFiles.PathOf("Engine/Engine.csproj")).Descendants("PackageReference")
            .Select(p => p.Attribute("Include")!.Value));

    [Theory]
    [InlineData("System.Runtime", true)]
    [InlineData("Microsoft.Win32.Primitives", true)]
    [InlineData("Microsoft.Extensions.Logging.Abstractions", true)]
    [InlineData("Microsoft.Extensions.Logging", false)]
    [InlineData("System.CommandLine", false)]
    [InlineData("Spectre.Console", false)]
    public void References_are_told_apart(string name, bool permitted) =>
        Assert.Equal(permitted, Permitted().IsMatch(name));

    // Win32Exception, which carries errno, is in the framework's Microsoft.Win32.Primitives.
    [GeneratedRegex(@"^(?:System(?!\.CommandLine)(?:\.\w+)+|"
        + @"Microsoft\.Win32\.Primitives|Microsoft\.Extensions(?:\.\w+)+\.Abstractions)$")]
    private static partial Regex Permitted();
}
