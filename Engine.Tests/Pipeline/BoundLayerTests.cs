using VxlanEngine.Classification;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Classification;
using Xunit;
using static VxlanEngine.Tests.Pipeline.PolicyParts;

namespace VxlanEngine.Tests.Pipeline;

public sealed class BoundLayerTests
{
    private static readonly Layer Acl = On("a", "acl", 1, Out(Rule("web", Allow, Tcp(80)), Rule("rest", Block)));

    [Fact]
    public void Rules_are_looked_up_in_the_way_that_was_asked_for()
    {
        Assert.IsType<CompiledClassifier>(new BoundLayer(Acl, [], ClassifierKind.Compiled, null).Classifier);
        Assert.IsType<LinearClassifier>(new BoundLayer(Acl, [], ClassifierKind.Linear, null).Classifier);
    }

    [Fact]
    public void Both_classifiers_of_a_layer_answer_with_the_same_rules()
    {
        var layer = new BoundLayer(Acl, [], ClassifierKind.Compiled, null);

        foreach (Sample sample in new[] { Sample.Tcp(), Sample.Udp() })
        {
            BoundRule? rule = layer.Classifier.Classify(Direction.Out, sample.Facts());
            Assert.NotNull(rule);
            Assert.Same(layer.Oracle.Classify(Direction.Out, sample.Facts()), rule);
            Assert.Contains(rule, layer.Classifier.Rules);
        }
    }

    [Fact]
    public void A_later_version_counts_where_the_older_one_stopped()
    {
        var older = new BoundLayer(Acl, [], ClassifierKind.Compiled, null);
        BoundRule before = older.Classifier.Classify(Direction.Out, Sample.Tcp().Facts())!;

        var newer = new BoundLayer(Acl with { Priority = 2 }, [], ClassifierKind.Compiled, older);

        BoundRule after = newer.Classifier.Classify(Direction.Out, Sample.Tcp().Facts())!;
        Assert.Same(before.Counter, after.Counter);
        Assert.Equal(2, after.Layer.Priority);
    }
}
