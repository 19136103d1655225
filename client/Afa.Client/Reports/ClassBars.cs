using System.Globalization;
using System.Xml.Linq;
using Afa.Evaluation;
using static Afa.Client.Reports.HtmlTables;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>Accuracy of each class as bars: clean against the attack that leaves the lowest accuracy.</summary>
internal static class ClassBars
{
    private const int MostClasses = 30;

    public static XElement? Create(EvaluationResult result)
    {
        if (result.Attacks is not [{ Classes.Count: > 0 } clean, ..])
        {
            return null;
        }

        var strongest = EvaluationTables.InBall(result).Where(attack => RobustAccuracy.IsAttack(attack.Attack)).MinBy(attack => attack.Accuracy);
        var compared = strongest ?? clean;
        var bars = clean.Classes.Zip(compared.Classes).Where(pair => pair.First.Total > 0).ToList();
        var isCut = bars.Count > MostClasses;
        if (isCut)
        {
            bars = [.. bars.OrderBy(pair => pair.Second.Accuracy).Take(MostClasses)];
        }

        return Tag(
            "section",
            Tag("h2", "Accuracy of each class"),
            isCut ? Tag("p", $"The {MostClasses} classes with the lowest accuracy under {compared.Attack}; the table has all of them.") : null,
            Tag(
                "p",
                Class("legend"),
                Tag("span", Tag("i", Class("bar clean")), " " + clean.Attack),
                strongest is null ? null : Tag("span", Tag("i", Class("bar attacked")), $" {strongest.Attack}, the strongest attack that ran")),
            Tag("div", Class("bars"), bars.Select(pair => new[]
            {
                Tag("div", Class("label"), pair.First.Name),
                Tag("div", Bar("clean", pair.First), strongest is null ? null : Bar("attacked", pair.Second)),
            })),
            Details(EvaluationTables.Classes(result)));
    }

    private static XElement Bar(string style, ClassAccuracy accuracy) => Tag(
        "div",
        Class("track"),
        Tag("i", Class($"bar {style}"), Attribute("style", string.Create(
            CultureInfo.InvariantCulture, $"width:calc((100% - 3.4em) * {accuracy.Accuracy:0.####})"))),
        " " + ReportText.Fraction(accuracy.Accuracy));
}
