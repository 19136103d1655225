using System.Text;
using Afa.Evaluation;
using Afa.Grains;

namespace Afa.Client.Reports;

/// <summary>The tables of a report in Markdown, for a repository or an issue.</summary>
internal static class MarkdownReport
{
    private const string Punctuation = "\\`*_{}[]|#~!$";

    public static string Create(TrainingRunStatus? run, EvaluationResult? evaluation)
    {
        var text = new StringBuilder($"# {Escape(HtmlReport.Title(run, evaluation))}\n");
        if (run?.Message is { } message)
        {
            text.Append($"\n**{Escape(message)}**\n");
        }

        foreach (var table in Tables(run, evaluation).Where(table => table.Rows.Count > 0))
        {
            Append(text, table);
        }

        text.Append($"\n## {ReportNotes.Title}\n\n");
        foreach (var note in ReportNotes.Create(evaluation))
        {
            text.Append($"- {Escape(note)}\n");
        }

        return text.ToString();
    }

    private static IEnumerable<ReportTable> Tables(TrainingRunStatus? run, EvaluationResult? evaluation)
    {
        if (evaluation is not null)
        {
            yield return ReportTables.Attacks(evaluation);
            yield return ReportTables.Classes(evaluation);
            yield return ReportTables.Evaluation(evaluation);
        }

        if (run is not null)
        {
            yield return ReportTables.Run(run);
            yield return ReportTables.Epochs(run.History);
            yield return ReportTables.Time(PhaseTime.Of(run.History));
            yield return ReportTables.Options(run);
        }
    }

    private static void Append(StringBuilder text, ReportTable table)
    {
        text.Append($"\n## {table.Title}\n\n");
        AppendRow(text, table.Columns);
        text.Append('|').Insert(text.Length, " --- |", table.Columns.Count).Append('\n');
        foreach (var row in table.Rows)
        {
            AppendRow(text, row);
        }
    }

    private static void AppendRow(StringBuilder text, IReadOnlyList<string> cells) =>
        text.Append("| ").AppendJoin(" | ", cells.Select(Escape)).Append(" |\n");

    /// <summary>Names come from files: none may end a cell or start a tag, a code span or a heading.</summary>
    private static string Escape(string cell)
    {
        var escaped = new StringBuilder();
        foreach (var character in ReportText.Printable(cell))
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
