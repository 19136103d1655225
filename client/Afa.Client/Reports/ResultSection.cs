using System.Xml.Linq;
using Afa.Evaluation;
using static Afa.Client.Reports.HtmlTables;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>All that a report says about one checkpoint at one radius.</summary>
internal static class ResultSection
{
    public static IEnumerable<XElement?> Create(EvaluationResult result)
    {
        var corruptions = CorruptionAccuracy.Table(result.Attacks);
        yield return Headline.OfEvaluation(result);
        yield return Tag(
            "section",
            Tag("h2", "Accuracy under attack"),
            result.Attacks.Any(attack => attack.Stages.Count > 0) ? Tag("p", "Rows that start with ↳ are the stages of the attack above them: what still stood after each.") : null,
            Table(EvaluationTables.Attacks(result), "figures"));
        yield return RobustnessCurveChart.Create(result);
        yield return corruptions.Rows.Count == 0 ? null : Tag(
            "section",
            Tag("h2", corruptions.Title),
            Tag("p", "Changes as weather and cameras make them, without regard to the ball; they do not count for the worst case."),
            Table(corruptions, "figures"));
        yield return ClassBars.Create(result);
        yield return ExampleGrid.Create(result);
    }
}
