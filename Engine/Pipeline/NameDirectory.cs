namespace VxlanEngine.Pipeline;

/// <summary>Numbers names in the order they first appear; a name keeps its number for ever.</summary>
internal sealed class NameDirectory
{
    private readonly Dictionary<string, int> _indices;
    private readonly List<string> _names;

    /// <summary>Starts without names, or with those of another directory, which goes its own way.</summary>
    public NameDirectory(NameDirectory? other = null)
    {
        _indices = new Dictionary<string, int>(other?._indices ?? [], StringComparer.Ordinal);
        _names = [.. other?._names ?? []];
    }

    public int Count => _names.Count;

    public string this[int index] => _names[index];

    public int GetOrAdd(string name)
    {
        if (!_indices.TryGetValue(name, out int index))
        {
            index = _names.Count;
            _indices.Add(name, index);
            _names.Add(name);
        }

        return index;
    }

    public bool TryFind(string name, out int index) => _indices.TryGetValue(name, out index);
}
