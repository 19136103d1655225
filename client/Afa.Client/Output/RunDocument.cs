using System.Text.Json;
using System.Text.Json.Nodes;
using Afa.Evaluation;
using Afa.Federation;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Output;

/// <summary>Runs, evaluations and results as programs read them.</summary>
internal static class RunDocument
{
    /// <summary>A run's status with its options as an object instead of as a text.</summary>
    public static JsonObject Create(TrainingRunStatus status) => WithOptions(status, status.OptionsJson);

    /// <summary>An evaluation's status, likewise.</summary>
    public static JsonObject Create(EvaluationStatus status) => WithOptions(status, status.OptionsJson);

    /// <summary>A sweep's status with its plan as an object instead of as a text.</summary>
    public static JsonObject Create(SweepStatus status)
    {
        var document = JsonSerializer.SerializeToNode(status, AfaJson.Options)!.AsObject();
        document.Remove("planJson");
        document["plan"] = JsonNode.Parse(status.PlanJson);
        return document;
    }

    /// <summary>A federation's status with its options as an object instead of as a text.</summary>
    public static JsonObject Create(FederationStatus status) => WithOptions(status, status.OptionsJson);

    /// <summary>What a federation has found, and where its report is.</summary>
    public static JsonObject Create(FederationDocument federation, string reportPath)
    {
        var document = JsonSerializer.SerializeToNode(federation, AfaJson.Options)!.AsObject();
        document["report"] = reportPath;
        return document;
    }

    /// <summary>What a training command has done.</summary>
    /// <param name="reportPath">Path of the HTML report; null if none was written.</param>
    public static JsonObject Create(TrainingRunStatus status, EvaluationDocument? evaluation, string? reportPath) => new()
    {
        ["run"] = Create(status),
        ["evaluation"] = evaluation is null ? null : Create(evaluation),
        ["report"] = reportPath,
    };

    /// <summary>What an evaluation has found, and where its report is.</summary>
    public static JsonObject Create(EvaluationDocument evaluation, string reportPath)
    {
        var document = Create(evaluation);
        document["report"] = reportPath;
        return document;
    }

    /// <summary>Results without their images, which are in the report.</summary>
    public static JsonObject Create(EvaluationDocument evaluation) =>
        JsonSerializer.SerializeToNode(evaluation with { Results = [.. evaluation.Results.Select(result => result with { Examples = [] })] }, AfaJson.Options)!.AsObject();

    private static JsonObject WithOptions<T>(T status, string optionsJson)
    {
        var document = JsonSerializer.SerializeToNode(status, AfaJson.Options)!.AsObject();
        document.Remove("optionsJson");
        document["options"] = JsonNode.Parse(optionsJson);
        return document;
    }
}
