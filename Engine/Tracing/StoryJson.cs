using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace VxlanEngine.Tracing;

/// <summary>Writes packet stories as JSON, one object a line.</summary>
public static partial class StoryJson
{
    /// <summary>The story as one line of JSON.</summary>
    public static string ToLine(PacketStory story) => JsonSerializer.Serialize(story, Readable.PacketStory);

    // Tuples hold '>', which needs no escape where no HTML is near.
    private static Context Readable { get; } = new(new JsonSerializerOptions(Context.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(PacketStory))]
    private sealed partial class Context : JsonSerializerContext;
}
