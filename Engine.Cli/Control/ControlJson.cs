using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace VxlanEngine.Cli.Control;

/// <summary>The lines that client and switch exchange.</summary>
internal sealed partial class ControlJson
{
    /// <summary>How lines are written: tuples hold '>', which needs no escape where no HTML is near.</summary>
    public static Context Lines { get; } = new(new JsonSerializerOptions(Context.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(ControlRequest))]
    [JsonSerializable(typeof(ControlAnswer))]
    [JsonSerializable(typeof(TracedPacket))]
    internal sealed partial class Context : JsonSerializerContext;
}
