using System.Text.Json;
using System.Text.Json.Nodes;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Output;

/// <summary>Runs and results as programs read them.</summary>
internal static class RunDocument
{
    /// <summary>A run's status with its options as an object instead of as a text.</summary>
    public static JsonObject Create(TrainingRunStatus status)
    {
        var run = JsonSerializer.SerializeToNode(status, AfaJson.Options)!.AsObject();
        run.Remove("optionsJson");
        run["options"] = JsonNode.Parse(status.OptionsJson);
        return run;
    }

    /// <summary>What a training command has done.</summary>
    /// <param name="reportPath">Path of the HTML report; null if none was written.</param>
    public static JsonObject Create(TrainingRunStatus status, EvaluationResult? evaluation, string? reportPath) => new()
    {
        ["run"] = Create(status),
        ["evaluation"] = evaluation is null ? null : Create(evaluation),
        ["report"] = reportPath,
    };

    /// <summary>A result without its images, which are in the report.</summary>
    public static JsonNode Create(EvaluationResult evaluation) =>
        JsonSerializer.SerializeToNode(evaluation with { Examples = [] }, AfaJson.Options)!;
}
