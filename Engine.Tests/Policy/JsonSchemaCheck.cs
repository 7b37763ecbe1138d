using System.Text.Json;
using System.Text.RegularExpressions;

namespace VxlanEngine.Tests.Policy;

/// <summary>Checks values against a JSON Schema: the keywords that the policy's schema uses, and no others.</summary>
internal sealed class JsonSchemaCheck(JsonElement root)
{
    /// <summary>The first fault, or null.</summary>
    public string? Run(JsonElement value) => Check(value, root, "$");

    private string? Check(JsonElement value, JsonElement schema, string path)
    {
        foreach (JsonProperty keyword in schema.EnumerateObject())
        {
            if (Fault(value, schema, keyword, path) is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    private string? Fault(JsonElement value, JsonElement schema, JsonProperty keyword, string path)
    {
        JsonElement rule = keyword.Value;
        bool isObject = value.ValueKind == JsonValueKind.Object;
        bool isArray = value.ValueKind == JsonValueKind.Array;
        bool isNumber = value.ValueKind == JsonValueKind.Number;
        bool isRight = true;
        switch (keyword.Name)
        {
            case "$schema" or "title" or "description" or "default" or "$defs":
                return null;
            case "$ref":
                string name = rule.GetString()!["#/$defs/".Length..];
                return Check(value, root.GetProperty("$defs").GetProperty(name), path);
            case "type":
                isRight = rule.GetString() switch
                {
                    "object" => isObject,
                    "array" => isArray,
                    "string" => value.ValueKind == JsonValueKind.String,
                    "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
                    "integer" => isNumber && value.TryGetInt64(out _),
                    _ => throw new InvalidOperationException($"unknown type {rule}"),
                };
                break;
            case "const":
                isRight = JsonElement.DeepEquals(value, rule);
                break;
            case "enum":
                isRight = rule.EnumerateArray().Any(word => JsonElement.DeepEquals(value, word));
                break;
            case "pattern":
                isRight = value.ValueKind != JsonValueKind.String || Regex.IsMatch(
                    value.GetString()!,
                    rule.GetString()!);
                break;
            case "minimum":
                isRight = !isNumber || value.GetInt64() >= rule.GetInt64();
                break;
            case "maximum":
                isRight = !isNumber || value.GetInt64() <= rule.GetInt64();
                break;
            case "minItems":
                isRight = !isArray || value.GetArrayLength() >= rule.GetInt32();
                break;
            case "minProperties":
                isRight = !isObject || value.EnumerateObject().Count() >= rule.GetInt32();
                break;
            case "maxProperties":
                isRight = !isObject || value.EnumerateObject().Count() <= rule.GetInt32();
                break;
            case "required":
                isRight = !isObject || rule.EnumerateArray().All(key => value.TryGetProperty(key.GetString()!, out _));
                break;
            case "anyOf":
                isRight = rule.EnumerateArray().Any(option => Check(value, option, path) is null);
                break;
            case "oneOf":
                isRight = rule.EnumerateArray().Count(option => Check(value, option, path) is null) == 1;
                break;
            case "items":
                return isArray
                    ? value.EnumerateArray().Select(
                        (item, i) => Check(item, rule, $"{path}[{i}]")).FirstOrDefault(f => f is not null)
                    : null;
            case "properties" or "additionalProperties":
                return isObject ? Members(value, schema, keyword.Name == "properties", path) : null;
            default:
                throw new InvalidOperationException($"unknown keyword {keyword.Name}");
        }

        return isRight ? null : $"{path}: {keyword.Name} {rule}";
    }

    private string? Members(JsonElement value, JsonElement schema, bool named, string path)
    {
        bool hasNamed = schema.TryGetProperty("properties", out JsonElement properties);
        foreach (JsonProperty member in value.EnumerateObject())
        {
            JsonElement rule = default;
            bool isKnown = hasNamed && properties.TryGetProperty(member.Name, out rule);
            if (isKnown != named)
            {
                continue;
            }

            rule = named ? rule : schema.GetProperty("additionalProperties");
            string? fault = rule.ValueKind == JsonValueKind.False
                ? $"{path}: unknown key {member.Name}"
                : Check(member.Value, rule, $"{path}.{member.Name}");
            if (fault is not null)
            {
                return fault;
            }
        }

        return null;
    }
}
