using BenchmarkDotNet.Attributes;
using VxlanEngine.Classification;
using VxlanEngine.Policy;
using VxlanEngine.Tests.Classification;

namespace VxlanEngine.Benchmarks.Classification;

/// <summary>How long does a policy take to be ready, and how long a change of one of its rules?</summary>
public class CompilationBenchmarks
{
    private Layer _layer = null!;
    private Layer _changed = null!;
    private CompiledClassifier _compiled = null!;

    /// <summary>Number of rules.</summary>
    [Params(10, 1_000, 10_000, 100_000)]
    public int Rules { get; set; }

    /// <summary>Makes the rules, and the same with another one in the middle.</summary>
    [GlobalSetup]
    public void Setup()
    {
        FilterSet set = FilterSet.Make(FilterKind.Chain, Rules);
        Rule[] rules = [.. set.Layer.Groups[0].Rules];
        rules[Rules / 2] = set.AnotherRule("other", Rules / 2);
        _layer = set.Layer;
        _changed = _layer with { Groups = [_layer.Groups[0] with { Rules = rules.ToValueArray() }] };
        _compiled = new CompiledClassifier(_layer, []);
    }

    /// <summary>All rules.</summary>
    [Benchmark(Baseline = true)]
    public CompiledClassifier Compile() => new(_layer, []);

    /// <summary>One rule.</summary>
    [Benchmark]
    public CompiledClassifier ChangeOne() => _compiled.Update(_changed, []);
}
