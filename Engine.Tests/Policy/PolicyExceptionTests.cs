using VxlanEngine.Policy;
using Xunit;

namespace VxlanEngine.Tests.Policy;

public sealed class PolicyExceptionTests
{
    [Fact]
    public void The_message_has_a_line_for_each_mistake()
    {
        PolicyError[] errors = [new("$.ports", "One.", 3), new("$.layers", "Two.")];
        var named = new PolicyException("p.json", errors);
        Assert.Equal("p.json:3: $.ports: One.\np.json: $.layers: Two.", named.Message);
        Assert.Equal("p.json", named.PolicySource);
        Assert.Equal(errors, named.Errors);
        Assert.StartsWith("policy:3: ", new PolicyException(null, errors).Message, StringComparison.Ordinal);
    }
}
