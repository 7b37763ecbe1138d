using VxlanEngine.Flows;
using VxlanEngine.Policy;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Flows;

public sealed class FlowLayersTableTests
{
    private readonly FlowLayersTable _table = new();
    private readonly Dictionary<int, LayerFlowState[]> _made = [];

    [Fact]
    public void Decisions_that_a_living_pair_shares_are_found_without_allocating()
    {
        LayerFlowState[][] decisions = [.. Enumerable.Range(0, 3).Select(Decisions)];
        int[] numbers = [.. decisions.Select(d => _table.Take(d))];
        Assert.Equal(3, numbers.Distinct().Count());
        Turn(10);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Turn(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Turn(int times)
        {
            for (int i = 0; i < times; i++)
            {
                int which = i % decisions.Length;
                if (_table.Take(decisions[which]) != numbers[which])
                {
                    throw new InvalidOperationException("Other decisions were found.");
                }

                _table.Release(numbers[which]);
            }
        }
    }

    [Fact]
    public void Decisions_go_with_the_last_pair_that_shares_them()
    {
        int number = _table.Take(Decisions(1));
        Assert.Equal(number, _table.Take(Decisions(1)));
        _table.Release(number);
        Assert.EndsWith("rule 1", Assert.Single(_table[number].Decisions).Rule.Id, StringComparison.Ordinal);
        _table.Release(number);
        Assert.Equal(number, _table.Take(Decisions(2)));
        Assert.EndsWith("rule 2", Assert.Single(_table[number].Decisions).Rule.Id, StringComparison.Ordinal);
    }

    private LayerFlowState[] Decisions(int number)
    {
        if (!_made.TryGetValue(number, out LayerFlowState[]? made))
        {
            var rule = new BoundRule(On("a", "nat", 1), Out(), Rule($"rule {number}", new RuleAction.Allow()));
            _made[number] = made = [new LayerFlowState(rule, null)];
        }

        return made;
    }
}
