using Xunit;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("VxlanEngine.Tests.LongestFirst", "VxlanEngine.Tests")]

namespace VxlanEngine.Tests;

/// <summary>Starts the test classes that take longest first, so that no long one runs alone at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest =
    [
        nameof(Ports.Captures.TsharkTests),
        nameof(Cli.Control.ControlTests),
        nameof(Live.ManyTenantsLiveTests),
        nameof(Live.AdapterLiveTests),
        nameof(Live.WorkersLiveTests),
        nameof(Live.RawLiveTests),
        nameof(Live.AdapterFaultLiveTests),
        nameof(Live.GroupLiveTests),
        nameof(Live.GroupOverIpv6LiveTests),
        nameof(Live.GroupSocketLiveTests),
        nameof(Live.PeerLiveTests),
    ];

    /// <inheritdoc/>
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection => Rank(collection.DisplayName));

    private static int Rank(string name)
    {
        int rank = Array.FindIndex(Longest, longest => name.EndsWith(longest, StringComparison.Ordinal));
        return rank < 0 ? Longest.Length : rank;
    }
}
