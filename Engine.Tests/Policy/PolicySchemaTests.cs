using System.Reflection;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using VxlanEngine.Policy;
using VxlanEngine.Policy.Json;
using Xunit;

namespace VxlanEngine.Tests.Policy;

public sealed class PolicySchemaTests
{
    private static readonly JsonElement Schema = JsonDocument.Parse(PolicyJson.Schema).RootElement;

    [Fact]
    public void The_schema_and_the_reader_know_the_same_keys_of_the_same_objects()
    {
        Dictionary<string, string[]> read = ReaderObjects().ToDictionary(o => o.Name, o => o.Keys.Order().ToArray());
        Dictionary<string, string[]> described = Schema.GetProperty("$defs").EnumerateObject()
            .Where(def => def.Value.TryGetProperty("properties", out _))
            .ToDictionary(
                def => def.Name,
                def => def.Value.GetProperty("properties").EnumerateObject().Select(p => p.Name).Order().ToArray());
        Assert.Equal(read.Keys.Order(), described.Keys.Order());
        foreach (string name in read.Keys)
        {
            Assert.Equal(read[name], described[name]);
            Assert.False(
                Schema.GetProperty("$defs").GetProperty(name).GetProperty("additionalProperties").GetBoolean());
        }
    }

    [Fact]
    public void The_schema_and_the_reader_require_the_same_keys()
    {
        foreach ((string name, _, string[] required) in ReaderObjects())
        {
            JsonElement def = Schema.GetProperty("$defs").GetProperty(name);
            string[] described = def.TryGetProperty("required", out JsonElement keys)
                ? [.. keys.EnumerateArray().Select(key => key.GetString()!)]
                : [];

            // A route's VTEPs have two spellings, so the schema asks for one of them.
            Assert.Equal(required.Where(key => name != "route" || key != "vteps").Order(), described.Order());
        }
    }

    [Fact]
    public void The_schema_and_the_reader_know_the_same_actions()
    {
        JsonElement action = Schema.GetProperty("$defs").GetProperty("action").GetProperty("anyOf");
        Assert.Equal(
            ActionCodec.WordNames.Order(),
            action[0].GetProperty("enum").EnumerateArray().Select(e => e.GetString()!).Order());
        Assert.Equal(
            ActionCodec.ObjectNames.Order(),
            action[1].GetProperty("properties").EnumerateObject().Select(p => p.Name).Order());
    }

    [Fact]
    public void Every_key_is_explained()
    {
        JsonElement defs = Schema.GetProperty("$defs");
        IEnumerable<JsonProperty> properties = defs.EnumerateObject()
            .Where(def => def.Value.TryGetProperty("properties", out _))
            .SelectMany(def => def.Value.GetProperty("properties").EnumerateObject());
        foreach (JsonProperty property in properties)
        {
            JsonElement value = property.Value;
            bool explained = value.TryGetProperty("description", out _)
                || (value.TryGetProperty("$ref", out JsonElement target)
                    && defs.GetProperty(target.GetString()!["#/$defs/".Length..]).TryGetProperty("description", out _));
            Assert.True(explained, property.Name);
        }
    }

    [Fact]
    public void The_schema_accepts_the_sample() => Assert.Null(Check(PolicySamples.Overlay));

    [Fact]
    public void The_schema_accepts_every_canonical_policy() =>
        Prop.ForAll(
                Gen.Choose(0, int.MaxValue - 1).ToArbitrary(),
                seed => Check(PolicyJson.ToJson(RandomPolicy.Make(seed))) is null)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    [Theory]
    [InlineData("\"kind\": \"endpoint\"", "\"kind\": \"tenant\"")]
    [InlineData("\"version\": 1", "\"version\": 2")]
    [InlineData("\"ttl\": 32", "\"tll\": 32")]
    [InlineData("\"ttl\": 32", "\"ttl\": 0")]
    [InlineData("\"action\": \"decap\"", "\"action\": \"deny\"")]
    [
        InlineData(
            "\"action\": \"decap\"",
            "\"action\": { \"decap\": { \"port\": \"a\" }, \"meter\": { \"name\": \"a\" } }"),
    ]
    [InlineData("\"vtep\": \"172.31.9.9\", ", "")]
    [InlineData("\"30m\"", "\"30 min\"")]
    [InlineData("\"5432,8000-8099\"", "\"http\"")]
    public void The_schema_refuses_a_mistake(string right, string wrong) =>
        Assert.NotNull(Check(PolicySamples.Overlay.Replace(right, wrong, StringComparison.Ordinal)));

    private static string? Check(string json)
    {
        var options = new JsonDocumentOptions
        {
            CommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
        };
        using JsonDocument document = JsonDocument.Parse(json, options);
        return new JsonSchemaCheck(Schema).Run(document.RootElement);
    }

    private static IEnumerable<(string Name, IReadOnlyCollection<string> Keys, string[] Required)> ReaderObjects()
    {
        foreach (Type type in (Type[])[typeof(SwitchShapes), typeof(RuleShapes), typeof(ActionShapes)])
        {
            foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Static))
            {
                dynamic shape = property.GetValue(null)!;
                IReadOnlyCollection<string> keys = shape.Keys;
                IEnumerable<string> required = shape.RequiredKeys;
                yield return ((string)shape.Name, keys, required.ToArray());
            }
        }
    }
}
