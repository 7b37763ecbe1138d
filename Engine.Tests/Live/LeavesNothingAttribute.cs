using System.Reflection;
using Xunit;
using Xunit.Sdk;

namespace VxlanEngine.Tests.Live;

/// <summary>
/// Fails a test after which the machine has namespaces, links, XDP programs, descriptors or processes that were not
/// there before.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class LeavesNothingAttribute : BeforeAfterTestAttribute
{
    // Namespaces are taken apart, and processes collected, a little after they are gone.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private MachineState? _before;

    /// <inheritdoc/>
    public override void Before(MethodInfo methodUnderTest) =>
        _before = OperatingSystem.IsLinux() ? MachineState.Now() : null;

    /// <inheritdoc/>
    public override void After(MethodInfo methodUnderTest)
    {
        if (_before is not null)
        {
            Assert.Empty(_before.LeftAfter(Patience));
        }
    }
}
