namespace VxlanEngine.Policy.Json;

/// <summary>How a list stands in JSON.</summary>
internal enum ListForm
{
    /// <summary>Always an array; it may be empty.</summary>
    Array,

    /// <summary>An array or a string of words with commas; written as an array; it may be empty.</summary>
    Words,

    /// <summary>Like <see cref="Words"/>, written as the word when there is one; never empty.</summary>
    Alternatives,

    /// <summary>Like <see cref="Words"/>, written as one string, or the word when there is one; never empty.</summary>
    Joined,
}
