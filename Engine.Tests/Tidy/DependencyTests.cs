using System.Text.RegularExpressions;
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
