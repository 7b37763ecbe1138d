using System.Reflection;
using Xunit;
using Xunit.Sdk;

namespace VxlanEngine.Tests.Live;

/// <summary>
/// Fails a test after which the machine has namespaces, links, XDP programs, descriptors or processes that were not
/// there before. Of tests that run side by side, the one that ends last is asked for all.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class LeavesNothingAttribute : BeforeAfterTestAttribute
{
    // Namespaces are taken apart, and processes collected, a little after they are gone.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly Lock Gate = new();
    private static MachineState? _before;
    private static int _running;

    /// <inheritdoc/>
    public override void Before(MethodInfo methodUnderTest)
    {
        lock (Gate)
        {
            if (_running++ == 0)
            {
                _before = OperatingSystem.IsLinux() ? MachineState.Now() : null;
            }
        }
    }

    /// <inheritdoc/>
    public override void After(MethodInfo methodUnderTest)
    {
        // Others wait, so that none begins meanwhile.
        lock (Gate)
        {
            if (--_running == 0 && _before is not null)
            {
                Assert.Empty(_before.LeftAfter(Patience));
            }
        }
    }
}
