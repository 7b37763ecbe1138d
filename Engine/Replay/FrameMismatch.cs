using System.Globalization;

namespace VxlanEngine.Replay;

/// <summary>A frame that departs from what was expected.</summary>
/// <param name="Kind">How.</param>
/// <param name="Number">Its number in the expected capture, from 1; for an unexpected one, that of the output.</param>
/// <param name="Port">The port it leaves through; null where the expected capture does not say.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Conversation">Who speaks to whom in the innermost packet.</param>
/// <param name="Changes">What differs; before is what was expected.</param>
public sealed record FrameMismatch(
    FrameMismatchKind Kind,
    long Number,
    string? Port,
    int Length,
    string Conversation,
    IReadOnlyList<FieldChange> Changes)
{
    /// <summary><c>frame 7 at uplink is missing: 148 bytes tcp 10.0.1.5:40312 > 10.0.1.6:80</c>.</summary>
    public override string ToString()
    {
        string frame = string.Create(
            CultureInfo.InvariantCulture, $"frame {Number}{(Port is null ? "" : $" at {Port}")}");
        string what = string.Create(CultureInfo.InvariantCulture, $"{Length} bytes {Conversation}");
        return Kind switch
        {
            FrameMismatchKind.Missing => $"{frame} is missing: {what}",
            FrameMismatchKind.Unexpected => $"{frame} of the output is not expected: {what}",
            _ => $"{frame} differs: {string.Join(", ", Changes)}   in {Conversation}",
        };
    }
}
