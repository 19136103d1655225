using System.Text;
using System.Text.Json;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Reports;

/// <summary>Writes what a training run and an evaluation found, for people and for programs.</summary>
public static class ReportWriter
{
    /// <summary>
    /// Writes report.html (one file that needs no network), report.md and, if there is an evaluation, result.json.
    /// Each appears complete or not at all and replaces an earlier one.
    /// </summary>
    /// <param name="directory">Created if it is missing.</param>
    /// <returns>The full path of report.html.</returns>
    /// <exception cref="ArgumentException">Neither a run nor an evaluation is given, or an example image's pixels do not fit its size.</exception>
    public static string Write(string directory, TrainingRunStatus? run, EvaluationResult? evaluation)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        if (run is null && evaluation is null)
        {
            throw new ArgumentException("A report needs a training run, an evaluation or both; neither was given.", nameof(run));
        }

        var html = HtmlReport.Create(run, evaluation);
        var markdown = MarkdownReport.Create(run, evaluation);

        Directory.CreateDirectory(directory);
        if (evaluation is not null)
        {
            Replace(Path.Combine(directory, "result.json"), JsonSerializer.SerializeToUtf8Bytes(evaluation, AfaJson.Options));
        }

        Replace(Path.Combine(directory, "report.md"), Encoding.UTF8.GetBytes(markdown));

        var path = Path.GetFullPath(Path.Combine(directory, "report.html"));
        Replace(path, Encoding.UTF8.GetBytes(html));
        return path;
    }

    private static void Replace(string path, byte[] content)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(temporary, content);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);   // There is none left after a move.
        }
    }
}
