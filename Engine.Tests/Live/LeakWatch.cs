using System.Collections.Concurrent;

namespace VxlanEngine.Tests.Live;

/// <summary>Compares the machine before tests that run side by side with the machine after the last of them.</summary>
internal sealed class LeakWatch
{
    // Namespaces are taken apart, and processes collected, a little after they are gone.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly AsyncLocal<string?> Current = new();
    private static readonly ConcurrentDictionary<string, string> Makers = new(StringComparer.Ordinal);

    private readonly Lock _gate = new();
    private readonly SortedSet<string> _seen = new(StringComparer.Ordinal);
    private MachineState? _before;
    private int _running;

    /// <summary>Remembers which test a namespace belongs to.</summary>
    public static void Made(string space) => Makers[$"namespace {space}"] = Current.Value ?? "nobody that is watched";

    /// <summary>A test begins; what its thread makes is its own from now on.</summary>
    public void Begin(string test)
    {
        Current.Value = test;
        lock (_gate)
        {
            if (_running++ == 0)
            {
                _seen.Clear();
                _before = OperatingSystem.IsLinux() ? MachineState.Now() : null;
            }

            _seen.Add(test);
        }
    }

    /// <summary>A test has ended.</summary>
    /// <returns>What it and those beside it have left, when it is the last; null for nothing.</returns>
    public string? End(string test)
    {
        // Others wait, so that none begins meanwhile.
        lock (_gate)
        {
            if (--_running > 0 || _before is null)
            {
                return null;
            }

            IReadOnlyList<string> left = _before.LeftAfter(Patience);
            return left.Count == 0
                ? null
                : $"Left: {string.Join(", ", left.Select(WithMaker))}. "
                    + $"{test} ended last of: {string.Join(", ", _seen)}.";
        }
    }

    private static string WithMaker(string thing) =>
        Makers.TryGetValue(thing, out string? maker) ? $"{thing} (made by {maker})" : thing;
}
