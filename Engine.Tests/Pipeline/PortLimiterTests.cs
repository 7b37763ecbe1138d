using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using Xunit;

namespace VxlanEngine.Tests.Pipeline;

public class PortLimiterTests
{
    [Theory]
    [InlineData(100, 1, 10)]
    [InlineData(100, 4, 2)] // 25 a second each, in bursts of a tenth of a second.
    [InlineData(3, 4, 1)]
    [InlineData(0, 4, 0)]
    public void Errors_of_a_port_are_shared_out_among_workers(int perSecond, int workers, int atOnce)
    {
        var limiter = new PortLimiter();
        limiter.Adopt(new Port { Name = "a", Kind = PortKind.Host, IcmpErrorsPerSecond = perSecond }, workers);
        Assert.Equal(atOnce, Enumerable.Range(0, 100).Count(_ => limiter.Errors.TryTake(0)));
    }

    [Fact]
    public void Who_the_policy_does_not_name_is_told_nothing()
    {
        var limiter = new PortLimiter();
        limiter.Adopt(null, workers: 1);
        Assert.False(limiter.Errors.TryTake(0));
        Assert.True(limiter.Icmp.TryTake(0));
    }
}
