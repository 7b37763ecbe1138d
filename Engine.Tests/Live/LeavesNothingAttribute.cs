using System.Reflection;
using Xunit;
using Xunit.Sdk;

namespace VxlanEngine.Tests.Live;

/// <summary>
/// Fails a test after which the machine has namespaces, links, XDP programs, descriptors or processes that were not
/// there before. Of tests that run side by side, the one that ends last is asked for all; what it says names who was
/// there, and of a namespace who made it.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class LeavesNothingAttribute : BeforeAfterTestAttribute
{
    private static readonly LeakWatch Watch = new();

    /// <inheritdoc/>
    public override void Before(MethodInfo methodUnderTest) => Watch.Begin(NameOf(methodUnderTest));

    /// <inheritdoc/>
    public override void After(MethodInfo methodUnderTest)
    {
        string? left = Watch.End(NameOf(methodUnderTest));
        Assert.True(left is null, left);
    }

    private static string NameOf(MethodInfo method) => $"{method.DeclaringType!.Name}.{method.Name}";
}
