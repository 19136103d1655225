using System.Text.Json;
using Afa.Client.Output;
using Afa.Evaluation.Features;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Control;

/// <summary>Feature analyses as the user of a terminal goes through them; what is stored is not computed again.</summary>
internal sealed class FeatureJob(IAfaControl control, ClientContext context, ClientOutput output)
{
    /// <summary>Analyses asked for at once: enough for all device slots, and not every checkpoint of a long run.</summary>
    private const int MostAtOnce = 32;

    /// <summary>Analyzes each checkpoint and shows how far that is.</summary>
    public async Task<FeatureDocument> AnalyzeAsync(IReadOnlyList<FeatureAnalysisOptions> analyses)
    {
        var requests = analyses.Select(options => JsonSerializer.Serialize(options, AfaJson.Options)).ToList();
        var statuses = new FeatureAnalysisStatus[analyses.Count];
        Array.Fill(statuses, new FeatureAnalysisStatus(0, null));
        try
        {
            return await output.WithProgressAsync(async view =>
            {
                while (Array.Exists(statuses, status => status.DocumentJson is null))
                {
                    await Task.WhenAll(statuses.Index().Where(entry => entry.Item.DocumentJson is null).Take(MostAtOnce).Select(async entry =>
                        statuses[entry.Index] = await control.AnalyzeFeaturesAsync(requests[entry.Index], context.Interrupt)));
                    view.Update(new ProgressState("Analyzing features", "checkpoint", statuses.Count(status => status.DocumentJson is not null), statuses.Length, "")
                    {
                        Share = statuses.Average(status => status.Share),
                    });
                }

                return new FeatureDocument { Analyses = [.. statuses.SelectMany((status, i) => Read(status.DocumentJson!, analyses[i].Checkpoint).Analyses)] };
            });
        }
        catch (OperationCanceledException) when (context.Interrupt.IsCancellationRequested)
        {
            throw new CommandFailedException("Interrupted; the analyses that were finished are stored. The same command goes on with the others.");
        }
    }

    private static FeatureDocument Read(string json, string checkpoint)
    {
        try
        {
            return JsonSerializer.Deserialize<FeatureDocument>(json, AfaJson.Options)!;
        }
        catch (JsonException exception)
        {
            throw new CommandFailedException($"The feature analysis of '{checkpoint}' cannot be read, perhaps as the cluster is of another version: {exception.Message}");
        }
    }
}
