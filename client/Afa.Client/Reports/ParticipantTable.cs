using System.Globalization;
using System.Xml.Linq;
using Afa.Federation;
using static Afa.Client.Reports.HtmlTables;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>The participants, with the classes that each has as small bars.</summary>
internal static class ParticipantTable
{
    private const int Height = 26;
    private const int MostWidth = 160;

    /// <summary>Column of the counts by class, which bars replace here.</summary>
    private const int BarsColumn = 2;

    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    public static XElement? Create(FederationDocument federation)
    {
        var table = FederationTables.Participants(federation);
        var shown = FederationHeatMap.Rows(federation);
        if (shown.Count == 0)
        {
            return null;
        }

        var classes = FederationFigures.Classes(federation);
        var most = Math.Max(1, federation.Participants.SelectMany(participant => participant.TrainImages).Max() ?? 1);
        return Tag(
            "section",
            Tag("h2", table.Title),
            Tag("p", $"Bars: training images of each class, in the order {string.Join(", ", classes)}; the highest is {most} images. A dot: {FederationTables.Suppressed(federation)}, which is all that leaves a silo. Accuracies are of the last model on the participant's own test images."),
            Tag(
                "div",
                Class("scroll"),
                Tag(
                    "table",
                    Class("figures participants"),
                    Tag("thead", Tag("tr", table.Columns.Select((column, i) => Tag("th", Attribute("scope", "col"), i == BarsColumn ? "By class" : column)))),
                    Tag("tbody", shown.Select(participant => Tag(
                        "tr",
                        Tag("th", Attribute("scope", "row"), table.Rows[participant][0]),
                        table.Rows[participant].Skip(1).Select((cell, i) => i + 1 == BarsColumn ? Tag("td", Bars(federation.Participants[participant], classes, most)) : Tag("td", cell))))))),
            Details(table));
    }

    private static XElement Bars(ParticipantSummary participant, IReadOnlyList<string> classes, int most)
    {
        var width = Math.Min(12, (double)MostWidth / Math.Max(1, participant.TrainImages.Count));
        return new XElement(
            s_svg + "svg",
            Class("classes"),
            Attribute("viewBox", string.Create(CultureInfo.InvariantCulture, $"0 0 {width * participant.TrainImages.Count:0.#} {Height}")),
            Attribute("style", string.Create(CultureInfo.InvariantCulture, $"width:{width * participant.TrainImages.Count:0.#}px")),
            Attribute("role", "img"),
            Attribute("aria-label", $"training images of {participant.Name} by class; the table has the figures"),
            participant.TrainImages.Select((count, c) => Bar(c * width, width, count, most, $"{classes[c]}: {(count is { } images ? ReportText.Whole(images) : "suppressed")}")));
    }

    private static XElement Bar(double left, double width, int? count, int most, string title)
    {
        var height = count is { } images ? (double)images / most * (Height - 3) : 0;
        return count is null
            ? new XElement(s_svg + "circle", Number("cx", left + width / 2), Number("cy", Height - 3), Number("r", Math.Min(1.6, width / 3)), Class("few"), new XElement(s_svg + "title", title))
            : new XElement(s_svg + "rect", Number("x", left + width * 0.1), Number("y", Height - height - 1), Number("width", width * 0.8), Number("height", height + 1), Class("share"), new XElement(s_svg + "title", title));
    }

    private static XAttribute Number(string name, double value) => Attribute(name, value.ToString("0.##", CultureInfo.InvariantCulture));
}
