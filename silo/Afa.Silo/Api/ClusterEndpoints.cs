using System.Runtime.CompilerServices;
using System.Text.Json;
using Afa.Evaluation;
using Afa.Evaluation.Features;
using Afa.Grains;
using Afa.Training;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Afa.Silo.Api;

/// <summary>What concerns all of a cluster's work: its silos, the leaderboard, feature analyses.</summary>
internal static class ClusterEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("cluster", async (IAfaControl control, CancellationToken stop) => new ClusterMap(await control.ListSilosAsync(stop)))
            .WithTags("cluster").WithSummary("The silos, with their device slots: how many, how many are busy, how much work waits for one.");
        api.MapGet("leaderboard", (IAfaControl control, CancellationToken stop) => ResultsAsync(control, stop))
            .WithTags("evaluations").WithSummary("The results of all complete evaluations, newest first, which a leaderboard ranks.")
            .Produces<EvaluationDocument[]>();
        api.MapPost("feature-analyses", AnalyzeAsync)
            .WithTags("feature-analyses").WithSummary("Begins to analyze a checkpoint's feature space, if that is neither stored nor under way, and waits a little. Ask again until the document is there.")
            .ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static Task<FeatureAnalysisStatus> AnalyzeAsync(FeatureAnalysisOptions options, IAfaControl control, CancellationToken stop)
    {
        BadOptionsException.ThrowIfAny(options);
        return control.AnalyzeFeaturesAsync(JsonSerializer.Serialize(options, AfaJson.Options), stop);
    }

    /// <summary>One after the other, as there may be many. One that is lost or cannot be read does not hide the others.</summary>
    private static async IAsyncEnumerable<JsonElement> ResultsAsync(IAfaControl control, [EnumeratorCancellation] CancellationToken stop)
    {
        foreach (var evaluation in await control.ListEvaluationsAsync(stop))
        {
            if (evaluation.State == RunState.Completed && Parse(await control.GetEvaluationResultAsync(evaluation.Evaluation, stop)) is { } result)
            {
                yield return result;
            }
        }
    }

    private static JsonElement? Parse(string? json)
    {
        try
        {
            return json is null ? null : JsonElement.Parse(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
