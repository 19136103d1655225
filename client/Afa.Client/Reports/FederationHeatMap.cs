using System.Globalization;
using System.Xml.Linq;
using Afa.Client.Control;
using Afa.Evaluation;
using Afa.Federation;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>Accuracy of every participant under every model as a table of colors with numbers.</summary>
internal static class FederationHeatMap
{
    private const int MostRows = 60;
    private const int MostColumns = 18;

    /// <summary>Viridis of van der Walt and Smith 2015 at eighths of its range: it grows evenly in lightness, so that readers with any color vision can follow it.</summary>
    private static readonly (int Red, int Green, int Blue)[] s_scale =
        [(68, 1, 84), (71, 45, 123), (59, 82, 139), (44, 114, 142), (33, 145, 140), (40, 174, 128), (94, 201, 98), (173, 220, 48), (253, 231, 37)];

    public static string Title(string attack) => attack == RobustAccuracy.Clean ? "Clean accuracy of each participant" : "Worst-case accuracy of each participant";

    /// <summary>The models of rounds, thinned out evenly with the last one always, then checkpoints from elsewhere.</summary>
    public static IReadOnlyList<ModelJudgment> Columns(FederationDocument federation)
    {
        var rounds = FederationFigures.OfRounds(federation);
        var stride = (rounds.Count + MostColumns - 1) / MostColumns;
        return [.. rounds.Where((_, i) => (rounds.Count - 1 - i) % stride == 0), .. federation.Models.Where(model => model.Round is null).Take(MostColumns)];
    }

    /// <summary>All participants; of many, those with the lowest accuracy under the last model.</summary>
    public static IReadOnlyList<int> Rows(FederationDocument federation)
    {
        var last = FederationFigures.Last(federation);
        return
        [
            .. Enumerable.Range(0, federation.Participants.Count)
                .OrderBy(participant => last is null ? 0 : FederationFigures.OfParticipant(last, participant, RobustAccuracy.WorstCase) ?? 2)
                .Take(MostRows)
                .Order(),
        ];
    }

    public static string Heading(ModelJudgment model) => model.Round is { } round ? ReportText.Whole(round) : CheckpointName.Short(model.Checkpoint);

    /// <returns>Null if nothing was judged.</returns>
    public static XElement? Create(FederationDocument federation, string attack)
    {
        var (models, rows) = (Columns(federation), Rows(federation));
        return models.Count == 0 ? null : Tag(
            "div",
            Tag("h3", Title(attack)),
            Tag(
                "div",
                Class("scroll"),
                Tag(
                    "table",
                    Class("heat"),
                    Tag("thead", Tag("tr", Tag("th", Attribute("scope", "col"), "Round"), models.Select(model => Tag("th", Attribute("scope", "col"), Heading(model))))),
                    Tag(
                        "tbody",
                        rows.Select(participant => Tag(
                            "tr",
                            Tag("th", Attribute("scope", "row"), FederationTables.Label(federation, participant)),
                            models.Select(model => Cell(FederationFigures.OfParticipant(model, participant, attack), Reason(model, participant))))),
                        Tag(
                            "tr",
                            Class("together"),
                            Tag("th", Attribute("scope", "row"), "all together"),
                            models.Select(model => Cell(FederationFigures.Pooled(model, attack)?.Accuracy, "nobody judged it")))))),
            rows.Count < federation.Participants.Count ? Tag("p", Class("note"), $"The {rows.Count} of {federation.Participants.Count} participants with the lowest accuracy under the last model; result.json has all.") : null);
    }

    /// <summary>What the colors mean.</summary>
    public static XElement Legend() => Tag(
        "div",
        Class("heatscale"),
        Tag("div", Class("strip"), Attribute("style", $"background:linear-gradient(90deg, {string.Join(", ", s_scale.Select(Hex))})")),
        Tag("div", Class("scale"), Enumerable.Range(0, 6).Select(fifth => Tag(
            "span", Attribute("style", string.Create(CultureInfo.InvariantCulture, $"left:{20 * fifth}%")), ReportText.Number(0.2 * fifth, "0.0")))));

    private static XElement Cell(double? accuracy, string reason)
    {
        if (accuracy is not { } value)
        {
            return Tag("td", Class("none"), Attribute("title", reason), "–");
        }

        var color = Color(value);
        return Tag("td", Attribute("style", $"background:{Hex(color)};color:{(IsDark(color) ? "#ffffff" : "#000000")}"), ReportText.Number(value, "0.00"));
    }

    private static (int Red, int Green, int Blue) Color(double value)
    {
        var position = Math.Clamp(value, 0, 1) * (s_scale.Length - 1);
        var below = Math.Min((int)position, s_scale.Length - 2);
        var (from, to, share) = (s_scale[below], s_scale[below + 1], position - below);
        return (Mix(from.Red, to.Red), Mix(from.Green, to.Green), Mix(from.Blue, to.Blue));

        int Mix(int low, int high) => (int)Math.Round(low + share * (high - low));
    }

    /// <summary>Whether white on it has more contrast than black: relative luminance of WCAG 2.1, of which √(1.05 × 0.05) − 0.05 is the middle.</summary>
    private static bool IsDark((int Red, int Green, int Blue) color)
    {
        return 0.2126 * Linear(color.Red) + 0.7152 * Linear(color.Green) + 0.0722 * Linear(color.Blue) < 0.179;

        static double Linear(int channel) => Math.Pow((channel / 255.0 + 0.055) / 1.055, 2.4);
    }

    private static string Hex((int Red, int Green, int Blue) color) => $"#{color.Red:x2}{color.Green:x2}{color.Blue:x2}";

    private static string Reason(ModelJudgment model, int participant) => model.Missing.FirstOrDefault(missing => missing.Participant == participant)?.Reason ?? "no count";
}
