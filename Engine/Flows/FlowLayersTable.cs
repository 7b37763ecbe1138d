namespace VxlanEngine.Flows;

/// <summary>The layers' decisions that flow pairs share, each kept as long as a pair refers to it.</summary>
/// <remarks>Allocates when decisions are made that no living pair shares. Thread: the worker's.</remarks>
internal sealed class FlowLayersTable
{
    private readonly SharedValues<FlowLayers> _values = new(new ByContent());
    private int _last = -1;

    /// <summary>The decisions with a number.</summary>
    public FlowLayers this[int number] => _values[number];

    /// <summary>Adds a reference to decisions.</summary>
    /// <returns>Their number.</returns>
    public int Take(ReadOnlySpan<LayerFlowState> decisions)
    {
        // Most flows fare as the one before.
        if (_last >= 0 && _values.IsInUse(_last) && _values[_last].Equals(decisions))
        {
            _values.AddReference(_last);
            return _last;
        }

        return _last = _values.TakeLike(decisions);
    }

    /// <summary>Takes a reference away.</summary>
    public void Release(int number) => _values.Release(number);

    private sealed class ByContent
        : IEqualityComparer<FlowLayers>, IAlternateEqualityComparer<ReadOnlySpan<LayerFlowState>, FlowLayers>
    {
        public bool Equals(FlowLayers? x, FlowLayers? y) =>
            x is not null && y is not null && x.Decisions.AsSpan().SequenceEqual(y.Decisions);

        public int GetHashCode(FlowLayers obj) => obj.Hash;

        public bool Equals(ReadOnlySpan<LayerFlowState> alternate, FlowLayers other) => other.Equals(alternate);

        public int GetHashCode(ReadOnlySpan<LayerFlowState> alternate) => FlowLayers.HashOf(alternate);

        public FlowLayers Create(ReadOnlySpan<LayerFlowState> alternate) => new(alternate);
    }
}
