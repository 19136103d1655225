using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Afa.Evaluation;
using Afa.Federation;
using Afa.Training;

namespace Afa.Client.Reports;

/// <summary>The JSON schema of result files, by which other programs can check them.</summary>
internal static class ResultSchema
{
    /// <summary>Items of lists that may be null, which the types at run time do not tell.</summary>
    private static readonly HashSet<Type> s_nullableItems = [typeof(ParticipantCounts), typeof(ClassCounts)];

    public static string Create() => Create(typeof(EvaluationDocument), "AFA evaluation result", EvaluationDocument.CurrentSchemaVersion);

    /// <summary>That of the files of a federation.</summary>
    public static string OfFederation() => Create(typeof(FederationDocument), "AFA federation result", FederationDocument.CurrentSchemaVersion);

    private static string Create(Type type, string title, int version)
    {
        // What a record cannot be made without is required, and only what may be null may be null.
        var strict = new JsonSerializerOptions(AfaJson.Options) { RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true };
        var document = strict.GetJsonSchemaAsNode(type, new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = WithNullableItems }).AsObject();
        document["properties"]!["schemaVersion"] = new JsonObject { ["const"] = version };
        document.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        document.Insert(1, "title", title);
        return document.ToJsonString(strict) + "\n";
    }

    private static JsonNode WithNullableItems(JsonSchemaExporterContext context, JsonNode schema)
    {
        if (s_nullableItems.Contains(context.TypeInfo.Type))
        {
            schema["type"] = new JsonArray("object", "null");
        }

        return schema;
    }
}
