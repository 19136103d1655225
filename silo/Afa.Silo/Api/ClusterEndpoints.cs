using System.Runtime.CompilerServices;
using System.Text.Json;
using Afa.Evaluation;
using Afa.Evaluation.Features;
using Afa.Grains;
using Afa.Training;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Afa.Silo.Api;

/// <summary>What concerns all of a cluster's work: its silos, the leaderboard, feature analyses.</summary>
internal static class ClusterEndpoints
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("cluster", async (IAfaControl control, CancellationToken stop) => new ClusterMap(await control.ListSilosAsync(stop)))
            .WithTags("cluster").WithSummary("The silos, with their device slots: how many, how many are busy, how much work waits for one.");
        api.MapGet("leaderboard", LeaderboardAsync)
            .WithTags("evaluations").WithSummary("The results of all complete evaluations, newest first, which a leaderboard ranks.")
            .Produces<EvaluationDocument[]>().ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        api.MapPost("feature-analyses", AnalyzeAsync)
            .WithTags("feature-analyses").WithSummary("Begins to analyze a checkpoint's feature space, if that is neither stored nor under way, and waits a little. Ask again until the document is there.")
            .ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static Task<FeatureAnalysisStatus> AnalyzeAsync(FeatureAnalysisOptions options, IAfaControl control, CancellationToken stop)
    {
        BadOptionsException.ThrowIfAny(options);
        return control.AnalyzeFeaturesAsync(JsonSerializer.Serialize(options, AfaJson.Options), stop);
    }

    /// <summary>The list is asked for before the answer begins, so that a cluster that is away is told as such.</summary>
    private static async Task<IAsyncEnumerable<JsonElement>> LeaderboardAsync(IAfaControl control, ILoggerFactory loggers, CancellationToken stop)
    {
        var complete = (await control.ListEvaluationsAsync(stop)).Where(evaluation => evaluation.State == RunState.Completed).Select(evaluation => evaluation.Evaluation).ToList();
        return ResultsAsync(complete, control, loggers.CreateLogger(typeof(ClusterEndpoints)), stop);
    }

    /// <summary>One after the other, as there may be many. One that is lost or cannot be read does not hide the others.</summary>
    private static async IAsyncEnumerable<JsonElement> ResultsAsync(IReadOnlyList<string> evaluations, IAfaControl control, ILogger logger, [EnumeratorCancellation] CancellationToken stop)
    {
        foreach (var evaluation in evaluations)
        {
            if (await ReadAsync(evaluation, control, logger, stop) is { } result)
            {
                yield return result;
            }
        }
    }

    private static async Task<JsonElement?> ReadAsync(string evaluation, IAfaControl control, ILogger logger, CancellationToken stop)
    {
        try
        {
            return await control.GetEvaluationResultAsync(evaluation, stop) is { } json ? JsonElement.Parse(json) : null;
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            logger.LogWarning(exception, "The result of {Evaluation} cannot be read; the leaderboard leaves it out.", evaluation);
            return null;
        }
    }
}
