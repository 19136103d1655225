using System.Text;
using System.Text.Json;
using Afa.Evaluation;
using Afa.Evaluation.Features;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Reports;

/// <summary>Writes what a training run and an evaluation found, for people and for programs.</summary>
public static class ReportWriter
{
    /// <summary>Name of the file with feature analyses.</summary>
    internal const string FeaturesName = "features.json";

    /// <summary>
    /// Writes report.html (one file that needs no network), report.md and, if there is an evaluation, result.json, the schema of that,
    /// result.schema.json, and a claim for RobustBench for each result under AutoAttack or corruptions; if there are feature analyses, features.json.
    /// Each file appears complete or not at all and replaces an earlier one.
    /// </summary>
    /// <param name="directory">Created if it is missing.</param>
    /// <returns>The full path of report.html.</returns>
    /// <exception cref="ArgumentException">Neither a run nor an evaluation is given, the evaluation has no results or the feature analyses are empty, or an example image's pixels or a projection's coordinates do not fit.</exception>
    public static string Write(string directory, TrainingRunStatus? run, EvaluationDocument? evaluation, FeatureDocument? features = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        if (run is null && evaluation is null)
        {
            throw new ArgumentException("A report needs a training run, an evaluation or both; neither was given.", nameof(run));
        }

        if (evaluation is { Results.Count: 0 })
        {
            throw new ArgumentException($"A report needs at least one result; the evaluation '{evaluation.Evaluation}' has none.", nameof(evaluation));
        }

        if (features is { Analyses.Count: 0 })
        {
            throw new ArgumentException("The feature analyses of a report must hold at least one; leave them out instead.", nameof(features));
        }

        var html = HtmlReport.Create(run, evaluation, features);
        var markdown = MarkdownReport.Create(run, evaluation, features);
        if (evaluation is not null)
        {
            ReportFile.Replace(directory, "result.json", JsonSerializer.SerializeToUtf8Bytes(evaluation, AfaJson.Options));
            ReportFile.Replace(directory, "result.schema.json", Encoding.UTF8.GetBytes(ResultSchema.Create()));
            foreach (var (name, claim) in ClaimFiles.Create(evaluation))
            {
                ReportFile.Replace(directory, name, Encoding.UTF8.GetBytes(claim.ToJson()));
            }
        }

        if (features is not null)
        {
            ReportFile.Replace(directory, FeaturesName, JsonSerializer.SerializeToUtf8Bytes(features, AfaJson.Options));
        }

        ReportFile.Replace(directory, "report.md", Encoding.UTF8.GetBytes(markdown));
        return ReportFile.Replace(directory, "report.html", Encoding.UTF8.GetBytes(html));
    }
}
