using System.Xml.Linq;
using Afa.Evaluation;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>Reasons to doubt the figures, where nobody overlooks them.</summary>
internal static class WarningBox
{
    public const string Title = "Reasons to doubt these figures";

    private const int MostNames = 5;

    public static XElement? Create(EvaluationDocument evaluation) => Lines(evaluation) is { Count: > 0 } lines
        ? Tag("section", Class("warnings"), Tag("h2", $"⚠ {Title}"), Tag("ul", lines.Select(line => Tag("li", line))))
        : null;

    /// <summary>One line for each warning; where there are several results, with those it is about.</summary>
    public static IReadOnlyList<string> Lines(EvaluationDocument evaluation) =>
        [.. evaluation.Results
            .SelectMany(result => result.Warnings.Distinct().Select(warning => (Warning: warning, Name: Name(result))))
            .GroupBy(pair => pair.Warning, pair => pair.Name)
            .Select(warning => evaluation.Results.Count == 1 ? warning.Key : $"{warning.Key} ({Names([.. warning])})")];

    private static string Name(EvaluationResult result) => $"{result.Checkpoint} at ε = {result.Epsilon}";

    private static string Names(IReadOnlyList<string> names) =>
        string.Join("; ", names.Take(MostNames)) + (names.Count > MostNames ? $"; and {names.Count - MostNames} more" : "");
}
