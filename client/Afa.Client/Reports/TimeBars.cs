using System.Globalization;
using System.Xml.Linq;
using static Afa.Client.Reports.HtmlTables;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>Where the time of each phase of training went, as stacked bars.</summary>
internal static class TimeBars
{
    /// <summary>Narrower segments have no room for their name.</summary>
    private const double LeastLabelledShare = 0.12;

    private const int Colors = 7;

    public static XElement? Create(IReadOnlyList<PhaseTime> phases)
    {
        if (phases.Count == 0)
        {
            return null;
        }

        var names = phases.SelectMany(phase => phase.Parts).Select(part => part.Name).Distinct().ToList();
        return Tag(
            "section",
            Tag("h2", "Where the time went"),
            phases.Select(phase => new[]
            {
                Tag("div", $"{phase.Phase}: {ReportText.Seconds(phase.Seconds)} s of the first trainer"),
                Tag("div", Class("stack"), phase.Parts.Select(part => Segment(part.Name, part.Seconds / phase.Seconds, Color(names, part.Name)))),
            }),
            Tag("p", Class("legend"), names.Select(name => Tag("span", Tag("i", Class($"swatch {Color(names, name)}")), " " + name))),
            Details(TrainingTables.Time(phases)));
    }

    private static string Color(List<string> names, string name) => $"c{names.IndexOf(name) % Colors}";

    private static XElement Segment(string name, double share, string color) => Tag(
        "span",
        Class(color),
        Attribute("style", string.Create(CultureInfo.InvariantCulture, $"width:{100 * share:0.###}%")),
        Attribute("title", $"{name}: {ReportText.Fraction(share)}"),
        share < LeastLabelledShare ? null : $"{name} {ReportText.Fraction(share)}");
}
