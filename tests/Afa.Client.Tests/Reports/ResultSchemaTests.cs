using System.Text.Json;
using System.Text.Json.Nodes;
using Afa.Client.Reports;
using Afa.Training;
using Xunit;

namespace Afa.Client.Tests.Reports;

public sealed class ResultSchemaTests
{
    private static readonly string[] s_keywords = ["$schema", "title", "type", "format", "properties", "required", "additionalProperties", "items", "enum", "const"];

    private static readonly JsonNode s_schema = JsonNode.Parse(ResultSchema.Create())!;

    [Fact]
    public void Create_AFullResult_FitsTheSchema() => Assert.Empty(Problems(Result(), s_schema, "$"));

    [Theory]
    [InlineData("evaluation", "$ lacks evaluation")]
    [InlineData("results", "$ lacks results")]
    public void Create_AResultThatLacksAProperty_DoesNotFit(string property, string problem)
    {
        var result = Result();
        result.Remove(property);

        Assert.Equal([problem], Problems(result, s_schema, "$"));
    }

    [Fact]
    public void Create_WrongTypesAndNames_DoNotFit()
    {
        var result = Result();
        var first = result["results"]![0]!;
        first["images"] = "many";
        first["attacks"]![0]!["accuracy"] = 1;
        first["attacks"]![1]!.AsObject().Remove("correct");
        first["attacks"]![2]!["kind"] = "weather";
        result["schemaVersion"] = 1;

        Assert.Equal(
            [
                "$.schemaVersion is not 2",
                "$.results[0].images is not of type integer",
                "$.results[0].attacks[0] has an unknown property accuracy",
                "$.results[0].attacks[1] lacks correct",
                "$.results[0].attacks[2].kind is not among the values",
            ],
            Problems(result, s_schema, "$"));
    }

    private static JsonObject Result() => JsonSerializer.SerializeToNode(SampleReport.Document(SampleReport.Full()), AfaJson.Options)!.AsObject();

    /// <summary>Checks the keywords that the schema uses, of JSON Schema 2020-12.</summary>
    private static IEnumerable<string> Problems(JsonNode? value, JsonNode schema, string path)
    {
        Assert.All(schema.AsObject(), keyword => Assert.Contains(keyword.Key, s_keywords));
        if (schema["const"] is { } constant && !JsonNode.DeepEquals(constant, value))
        {
            return [$"{path} is not {constant}"];
        }

        if (schema["enum"] is JsonArray values && !values.Any(known => JsonNode.DeepEquals(known, value)))
        {
            return [$"{path} is not among the values"];
        }

        var types = schema["type"] is JsonArray several ? several.Select(type => (string)type!) : schema["type"] is { } one ? [(string)one!] : [];
        if (types.Any() && !types.Any(type => IsOfType(value, type)))
        {
            return [$"{path} is not of type {string.Join(" or ", types)}"];
        }

        return value switch
        {
            JsonArray array => array.SelectMany((item, i) => Problems(item, schema["items"]!, $"{path}[{i}]")),
            JsonObject members => Problems(members, schema, path),
            _ => [],
        };
    }

    private static IEnumerable<string> Problems(JsonObject members, JsonNode schema, string path)
    {
        foreach (var required in (schema["required"]?.AsArray() ?? []).Select(name => (string)name!).Where(name => !members.ContainsKey(name)))
        {
            yield return $"{path} lacks {required}";
        }

        foreach (var (name, value) in members)
        {
            if (schema["properties"]![name] is not { } property)
            {
                yield return $"{path} has an unknown property {name}";
                continue;
            }

            foreach (var problem in Problems(value, property, $"{path}.{name}"))
            {
                yield return problem;
            }
        }
    }

    private static bool IsOfType(JsonNode? value, string type) => (value?.GetValueKind() ?? JsonValueKind.Null, type) switch
    {
        (JsonValueKind.Null, "null") or (JsonValueKind.Object, "object") or (JsonValueKind.Array, "array") or (JsonValueKind.String, "string") => true,
        (JsonValueKind.Number, "number") => true,
        (JsonValueKind.Number, "integer") => decimal.IsInteger(value!.GetValue<JsonElement>().GetDecimal()),
        _ => false,
    };
}
