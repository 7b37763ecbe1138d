using System.Text.Json;

namespace VxlanEngine.Policy.Json;

/// <summary>One of a few words.</summary>
/// <param name="words">The words and what they mean.</param>
internal sealed class WordCodec<T>(params (string Word, T Value)[] words) : Codec<T>
    where T : struct, Enum
{
    private static readonly T NoWord = (T)Enum.ToObject(typeof(T), byte.MaxValue);

    /// <summary>No member of the enumeration, so that nothing is concluded from it.</summary>
    public override T Placeholder => NoWord;

    public override T Read(JsonItem item, ReadErrors errors)
    {
        if (item.Kind == JsonValueKind.String)
        {
            foreach ((string word, T value) in words)
            {
                if (word == item.Text)
                {
                    return value;
                }
            }
        }

        errors.Expected(item, ReadErrors.Words(words.Select(pair => pair.Word)));
        return Placeholder;
    }

    public override JsonItem Write(T value)
    {
        foreach ((string word, T named) in words)
        {
            if (EqualityComparer<T>.Default.Equals(named, value))
            {
                return JsonItem.String(word);
            }
        }

        throw new ArgumentException($"{value} is no {typeof(T).Name}.", nameof(value));
    }
}
