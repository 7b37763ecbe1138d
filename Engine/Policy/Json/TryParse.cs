namespace VxlanEngine.Policy.Json;

/// <summary>Parses a text, and returns false when it is not the written form of a value.</summary>
internal delegate bool TryParse<T>(string text, out T value);
