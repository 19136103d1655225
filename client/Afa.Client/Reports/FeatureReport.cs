using System.Text;
using System.Text.Json;
using Afa.Evaluation.Features;
using Afa.Training;

namespace Afa.Client.Reports;

/// <summary>Writes how checkpoints compare in feature space, without their trainings and evaluations.</summary>
public static class FeatureReport
{
    /// <summary>Writes report.html (one file that needs no network), report.md and features.json; each appears complete or not at all and replaces an earlier one.</summary>
    /// <param name="directory">Created if it is missing.</param>
    /// <returns>The full path of report.html.</returns>
    /// <exception cref="ArgumentException">There is no analysis.</exception>
    public static string Write(string directory, FeatureDocument document)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        if (document.Analyses.Count == 0)
        {
            throw new ArgumentException("A report on feature spaces needs at least one analysis; there is none.", nameof(document));
        }

        var first = document.Analyses[0];
        var title = document.Analyses.Count == 1 ? $"AFA: features of {first.Checkpoint}" : $"AFA: features of {document.Analyses.Count} checkpoints on {first.Dataset}";
        var html = HtmlPage.Create(title, FeatureSection.Create(document));
        var markdown = MarkdownReport.Create(title, FeatureTables.All(document));
        ReportFile.Replace(directory, ReportWriter.FeaturesName, JsonSerializer.SerializeToUtf8Bytes(document, AfaJson.Options));
        ReportFile.Replace(directory, "report.md", Encoding.UTF8.GetBytes(markdown));
        return ReportFile.Replace(directory, "report.html", Encoding.UTF8.GetBytes(html));
    }
}
