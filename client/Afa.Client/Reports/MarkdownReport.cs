using System.Text;
using Afa.Evaluation;
using Afa.Evaluation.Features;
using Afa.Grains;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>The tables of a report in Markdown, for a repository or an issue.</summary>
internal static class MarkdownReport
{
    private const string Punctuation = "\\`*_{}[]|#~!$";

    /// <summary>A title and tables; those without rows are left out.</summary>
    public static string Create(string title, IEnumerable<ReportTable> tables)
    {
        var text = new StringBuilder($"# {Escape(title)}\n");
        foreach (var table in tables.Where(table => table.Rows.Count > 0))
        {
            Append(text, table);
        }

        return text.ToString();
    }

    public static string Create(TrainingRunStatus? run, EvaluationDocument? evaluation, FeatureDocument? features)
    {
        var text = new StringBuilder($"# {Escape(HtmlReport.Title(run, evaluation))}\n");
        if (run?.Message is { } message)
        {
            text.Append($"\n**{Escape(message)}**\n");
        }

        if (evaluation is not null)
        {
            AppendList(text, WarningBox.Title, WarningBox.Lines(evaluation));
        }

        foreach (var (heading, table) in Tables(run, evaluation, features).Where(part => part.Table is null or { Rows.Count: > 0 }))
        {
            _ = table is null ? text.Append($"\n# {Escape(heading!)}\n") : Append(text, table);
        }

        AppendList(text, ReportNotes.Title, ReportNotes.Create(evaluation, features));
        return text.ToString();
    }

    /// <summary>A report of tables, with what they do not show.</summary>
    public static string Create(string title, IEnumerable<ReportTable> tables, IReadOnlyList<string> notes)
    {
        var text = new StringBuilder($"# {Escape(title)}\n");
        foreach (var table in tables.Where(table => table.Rows.Count > 0))
        {
            Append(text, table);
        }

        AppendList(text, ReportNotes.Title, notes);
        return text.ToString();
    }

    /// <summary>The tables, and in between the headings of their parts.</summary>
    private static IEnumerable<(string? Heading, ReportTable? Table)> Tables(TrainingRunStatus? run, EvaluationDocument? evaluation, FeatureDocument? features)
    {
        IReadOnlyList<EvaluationResult> results = evaluation?.Results ?? [];
        if (results.Count > 1)
        {
            foreach (var table in LeaderboardTables.OfJob(Leaderboard.OfJob(evaluation!)))
            {
                yield return (null, table);
            }
        }

        foreach (var result in results.Take(JobSection.MostParts))
        {
            if (results.Count > 1)
            {
                yield return (JobSection.Title(result), null);
            }

            foreach (var table in EvaluationTables.All(result))
            {
                yield return (null, table);
            }
        }

        foreach (var table in features is null ? [] : FeatureTables.All(features))
        {
            yield return (null, table);
        }

        foreach (var table in run is null ? [] : TrainingTables.All(run))
        {
            yield return (null, table);
        }
    }

    private static void AppendList(StringBuilder text, string title, IReadOnlyList<string> lines)
    {
        if (lines.Count > 0)
        {
            text.Append($"\n## {title}\n\n").AppendJoin("", lines.Select(line => $"- {Escape(line)}\n"));
        }
    }

    private static StringBuilder Append(StringBuilder text, ReportTable table)
    {
        text.Append($"\n## {Escape(table.Title)}\n\n");
        AppendRow(text, table.Columns);
        text.Append('|').Insert(text.Length, " --- |", table.Columns.Count).Append('\n');
        foreach (var row in table.Rows)
        {
            AppendRow(text, row);
        }

        return text;
    }

    private static void AppendRow(StringBuilder text, IReadOnlyList<string> cells) =>
        text.Append("| ").AppendJoin(" | ", cells.Select(Escape)).Append(" |\n");

    /// <summary>Names come from files: none may end a cell or start a tag, a code span or a heading.</summary>
    private static string Escape(string cell)
    {
        var escaped = new StringBuilder();
        foreach (var character in Printable(cell))
        {
            _ = character switch
            {
                '\n' or '\t' => escaped.Append(' '),
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                _ when Punctuation.Contains(character) => escaped.Append('\\').Append(character),
                _ => escaped.Append(character),
            };
        }

        return escaped.ToString();
    }
}
