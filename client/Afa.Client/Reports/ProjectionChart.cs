using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Afa.Client.Control;
using Afa.Evaluation.Features;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>Draws features in a plane as SVG: clean and adversarial side by side, on the same axes and scale.</summary>
internal static class ProjectionChart
{
    private const int Width = 480;
    private const int Height = 420;
    private const int Margin = 14;
    private const int MostPoints = 2000;

    /// <summary>Signs that can be told apart; further classes are not drawn.</summary>
    private const int MostClasses = 10;

    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    /// <summary>Okabe and Ito's colors, which readers with any color vision can tell apart; the second five classes have another shape.</summary>
    private static readonly string[] s_colors = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7"];

    /// <exception cref="ArgumentException">The coordinates do not fit the labels.</exception>
    public static XElement Create(FeatureAnalysis analysis, bool withHeading)
    {
        var projection = analysis.Space.Projection;
        var count = projection.Labels.Count;
        if (count == 0 || projection.Explained.Count != 2 || projection.Clean.Count != 2 * count || projection.Adversarial.Count != 2 * count || projection.Labels.Any(label => label < 0 || label >= projection.ClassNames.Count))
        {
            throw new ArgumentException(
                $"The projection of {analysis.Checkpoint} must have two axes, and two coordinates for each of {count} labels of {projection.ClassNames.Count} classes, clean and adversarial; " +
                $"it has {projection.Explained.Count} axes, and {projection.Clean.Count} and {projection.Adversarial.Count} coordinates.",
                nameof(analysis));
        }

        var shown = projection.Labels.Take(MostPoints).Distinct().Order().ToList();
        var classes = shown.Take(MostClasses).ToList();
        var clean = Points(projection.Labels, projection.Clean, classes);
        var adversarial = Points(projection.Labels, projection.Adversarial, classes);
        var scale = Scale.Fit([.. clean.Concat(adversarial).SelectMany(points => points)]);
        var means = clean.Select(points => (X: points.Average(point => point.X), Y: points.Average(point => point.Y))).ToList();
        return Tag(
            "div",
            withHeading ? Tag("h3", CheckpointName.Short(analysis.Checkpoint)) : null,
            Tag("p", Class("legend"), classes.Select((c, sign) => Tag("span", LegendSign(sign), " " + projection.ClassNames[c]))),
            shown.Count > MostClasses ? Tag("p", $"The first {MostClasses} of {projection.ClassNames.Count} classes.") : null,
            Tag(
                "div",
                Class("charts"),
                Panel("Clean", clean, means, scale, projection, analysis),
                Panel($"Adversarial ({analysis.Attack}, {analysis.Norm} ε = {analysis.Epsilon})", adversarial, means, scale, projection, analysis)));
    }

    private static List<List<(double X, double Y)>> Points(IReadOnlyList<int> labels, IReadOnlyList<double> coordinates, List<int> classes) =>
        [.. classes.Select(c => labels.Index().Take(MostPoints).Where(entry => entry.Item == c).Select(entry => (coordinates[2 * entry.Index], coordinates[2 * entry.Index + 1])).ToList())];

    private static XElement Panel(
        string title, List<List<(double X, double Y)>> classes, List<(double X, double Y)> means, Scale scale, FeatureProjection projection, FeatureAnalysis analysis)
    {
        var svg = new XElement(
            s_svg + "svg",
            new XAttribute("viewBox", $"0 0 {Width} {Height}"),
            new XAttribute("role", "img"),
            Attribute("aria-label", $"{title} features of {analysis.Checkpoint} in two dimensions; the tables have the figures"),
            new XElement(
                s_svg + "rect",
                new XAttribute("x", 1), new XAttribute("y", 1), new XAttribute("width", Width - 2), new XAttribute("height", Height - 30),
                new XAttribute("class", "frame")));
        svg.Add(classes.Select((points, sign) => Marks(points.Select(scale.At), sign, size: 2.6, "points")));
        svg.Add(means.Select((mean, sign) => Marks([scale.At(mean)], sign, size: 8, "mean")));
        svg.Add(new XElement(
            s_svg + "text",
            new XAttribute("x", Width / 2),
            new XAttribute("y", Height - 8),
            new XAttribute("text-anchor", "middle"),
            $"across: {Percent(projection.Explained[0])} of the clean variance, up: {Percent(projection.Explained[1])}"));
        return Tag("figure", Tag("figcaption", Tag("strong", title)), svg);
    }

    private static string Percent(double share) => share.ToString("0 %", CultureInfo.InvariantCulture);

    private static XElement Marks(IEnumerable<(double X, double Y)> points, int sign, double size, string style)
    {
        var path = new StringBuilder();
        foreach (var (x, y) in points)
        {
            _ = sign < s_colors.Length
                ? path.Append(CultureInfo.InvariantCulture, $"M{x - size:0.#} {y:0.#}a{size} {size} 0 1 0 {2 * size} 0a{size} {size} 0 1 0 {-2 * size} 0z")
                : path.Append(CultureInfo.InvariantCulture, $"M{x:0.#} {y - 1.3 * size:0.#}l{1.2 * size:0.#} {2.2 * size:0.#}h{-2.4 * size:0.#}z");
        }

        return new XElement(s_svg + "path", new XAttribute("d", path.ToString()), new XAttribute("fill", s_colors[sign % s_colors.Length]), new XAttribute("class", style));
    }

    private static XElement LegendSign(int sign) => new(
        s_svg + "svg",
        new XAttribute("class", "sign"),
        new XAttribute("viewBox", "0 0 20 20"),
        Marks([(10, 10)], sign, size: 7, "mean"));

    /// <summary>From coordinates to pixels: one unit is as long in both directions.</summary>
    private sealed record Scale(double CenterX, double CenterY, double Factor)
    {
        public static Scale Fit(IReadOnlyList<(double X, double Y)> points)
        {
            var (left, right) = (points.Min(point => point.X), points.Max(point => point.X));
            var (bottom, top) = (points.Min(point => point.Y), points.Max(point => point.Y));
            const double smallest = 1e-6;   // All points may be one.
            var factor = Math.Min((Width - 2 * Margin) / Math.Max(right - left, smallest), (Height - 30 - 2 * Margin) / Math.Max(top - bottom, smallest));
            return new((left + right) / 2, (bottom + top) / 2, factor);
        }

        public (double X, double Y) At((double X, double Y) point) =>
            (Width / 2.0 + Factor * (point.X - CenterX), (Height - 30) / 2.0 - Factor * (point.Y - CenterY));
    }
}
