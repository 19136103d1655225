using System.Text.Json;
using System.Text.Json.Nodes;
using Afa.Client.Reports;
using Afa.Training;
using Xunit;

namespace Afa.Client.Tests.Reports;

public sealed class ResultSchemaTests
{
    private static readonly string[] s_keywords = ["$schema", "title", "type", "format", "properties", "required", "additionalProperties", "items", "enum", "const", "default"];

    private static readonly JsonNode s_schema = JsonNode.Parse(ResultSchema.Create())!;

    [Fact]
    public void Create_AFullResult_FitsTheSchema() => Assert.Empty(Problems(Result(), s_schema, "$"));

    [Fact]
    public void OfFederation_AFederation_FitsTheSchema()
    {
        var schema = WithoutReferences(JsonNode.Parse(ResultSchema.OfFederation())!);
        var federation = JsonSerializer.SerializeToNode(SampleFederation.Small(), AfaJson.Options)!.AsObject();
        Assert.Empty(Problems(federation, schema, "$"));

        federation["models"]![0]!["counts"]![0]!["attacks"]![0]!["correct"] = "many";
        federation["models"]![0]!["missing"]![0]!.AsObject().Remove("reason");
        federation["options"]!["aggregation"]!["rule"] = "mode";
        Assert.Equal(
            ["$.models[0].counts[0].attacks[0].correct is not of type integer", "$.models[0].missing[0] lacks reason", "$.options.aggregation.rule is not among the values"],
            Problems(federation, schema, "$").Order());
    }

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

    /// <summary>Puts what a reference, such as "#/properties/rounds/items", points to in its place.</summary>
    private static JsonNode WithoutReferences(JsonNode schema)
    {
        return Replaced(schema)!;

        JsonNode? Replaced(JsonNode? node) => node switch
        {
            JsonObject members when members["$ref"] is { } reference => Replaced(((string)reference!).Split('/')[1..].Aggregate(schema, (at, name) => at[name]!)),
            JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, Replaced(member.Value)))),
            JsonArray items => new JsonArray([.. items.Select(Replaced)]),
            _ => node?.DeepClone(),
        };
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
        (JsonValueKind.Number, "number") or (JsonValueKind.True or JsonValueKind.False, "boolean") => true,
        (JsonValueKind.Number, "integer") => decimal.IsInteger(value!.GetValue<JsonElement>().GetDecimal()),
        _ => false,
    };
}
