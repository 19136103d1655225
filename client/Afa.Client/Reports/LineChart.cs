using System.Globalization;
using System.Xml.Linq;
using ScottPlot;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>Draws a chart as SVG inside the page.</summary>
/// <remarks>
/// ScottPlot draws the lines and nothing that has letters: it measures text with the machine's fonts and on a machine without any, such
/// as a container, leaves it out. The labels are text elements for the browser, so the same figures give the same chart everywhere.
/// </remarks>
internal static class LineChart
{
    /// <summary>Curves that can be told apart; more have to be faint.</summary>
    public const int MostColors = 8;

    private const int Width = 480;
    private const int Height = 270;
    private const int MostPoints = 500;
    private const int MostMarkers = 40;

    /// <summary>The style sheet replaces it by the color of the page's text.</summary>
    private const string Ink = "#010203";

    private static readonly double[] s_factors = [1, 2, 5, 10, 20, 50, 100];

    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    private static readonly (string Color, MarkerShape Marker, string Sign)[] s_styles =
    [
        ("#1F77C4", MarkerShape.FilledCircle, "●"),
        ("#C85200", MarkerShape.FilledSquare, "■"),
        ("#009E73", MarkerShape.FilledTriangleUp, "▲"),
        ("#A6529B", MarkerShape.FilledDiamond, "◆"),
        ("#947200", MarkerShape.FilledTriangleDown, "▼"),
        ("#0E8FA6", MarkerShape.OpenCircle, "○"),
        ("#D1495B", MarkerShape.OpenSquare, "□"),
        ("#6B7684", MarkerShape.OpenTriangleUp, "△"),
    ];

    /// <returns>Null if no curve has a value.</returns>
    public static XElement? Create(Chart chart)
    {
        var curves = chart.Curves.Where(curve => Values(curve).Any()).ToList();
        if (curves.Count == 0)
        {
            return null;
        }

        var (low, high) = chart.Y ?? Fit(curves.SelectMany(Values));
        using var plot = new Plot();
        var legend = new List<XElement>();
        foreach (var curve in curves.Where(curve => curve.IsFaint))
        {
            AddFaint(plot, curve);
        }

        foreach (var (curve, style) in curves.Where(curve => !curve.IsFaint).Zip(s_styles))
        {
            AddStyled(plot, curve, style.Color, style.Marker);
            legend.Add(Tag("span", Tag("b", Attribute("style", $"color:{style.Color}"), style.Sign), " " + curve.Name));
        }

        if (curves.Count(curve => curve.IsFaint) is > 0 and var faint)
        {
            legend.Add(Tag("span", Class("faint"), $"{(curves.Exists(curve => curve.IsScatter) ? "gray" : "thin")}: {faint} more"));
        }

        return Tag(
            "figure",
            Tag("figcaption", Tag("strong", chart.Title), chart.Curves.Count == 1 ? null : legend),
            Render(plot, chart, (low, high)));
    }

    private static IEnumerable<double> Values(ChartCurve curve) => curve.Pieces.Append(curve.Large).SelectMany(Drawable).Select(point => point.Y);

    private static IEnumerable<Coordinates> Drawable(IReadOnlyList<(double X, double? Y)> piece) =>
        piece.Where(point => point.Y is > -1e30 and < 1e30).Select(point => new Coordinates(point.X, point.Y!.Value));

    private static (double Low, double High) Fit(IEnumerable<double> values)
    {
        var (low, high) = (values.Min(), values.Max());
        var margin = high > low ? 0.06 * (high - low) : Math.Max(Math.Abs(high) / 10, 1e-6);
        return (low - margin, high + margin);
    }

    private static void AddStyled(Plot plot, ChartCurve curve, string color, MarkerShape marker)
    {
        foreach (var piece in curve.Pieces)
        {
            var points = Drawable(piece).ToArray();
            var stride = (points.Length + MostPoints - 1) / MostPoints;
            var drawn = points.Where((_, i) => i % stride == 0 || i == points.Length - 1).ToArray();

            var line = plot.Add.Scatter(drawn, Color.FromHex(color));
            line.LineWidth = curve.IsScatter ? 0 : 2;
            line.MarkerShape = marker;
            line.MarkerSize = drawn.Length > MostMarkers && !curve.IsScatter ? 0 : 7;
        }

        AddMarkers(plot, curve.Large, Color.FromHex(color), marker, size: 14);
    }

    private static void AddFaint(Plot plot, ChartCurve curve)
    {
        foreach (var piece in curve.Pieces)
        {
            var line = plot.Add.Scatter(Drawable(piece).ToArray(), Color.FromHex(Ink).WithAlpha(0.3));
            line.LineWidth = curve.IsScatter ? 0 : 1;
            line.MarkerSize = curve.IsScatter ? 5 : 0;
        }

        AddMarkers(plot, curve.Large, Color.FromHex(Ink).WithAlpha(0.3), MarkerShape.FilledCircle, size: 10);
    }

    private static void AddMarkers(Plot plot, IReadOnlyList<(double X, double? Y)> points, Color color, MarkerShape shape, float size)
    {
        var markers = plot.Add.Scatter(Drawable(points).ToArray(), color);
        markers.LineWidth = 0;
        markers.MarkerShape = shape;
        markers.MarkerSize = size;
    }

    private static XElement Render(Plot plot, Chart chart, (double Low, double High) y)
    {
        var x = chart.X;
        var columns = chart.IsLog ? LogTicks(x.Low, x.High) : Ticks(x.Low, x.High, most: 8, chart.LeastStep);
        var levels = Ticks(y.Low, y.High, most: 6, leastStep: 0);

        plot.FigureBackground.Color = Colors.Transparent;
        plot.DataBackground.Color = Colors.Transparent;
        plot.Layout.Fixed(new PixelPadding(left: 58, right: 24, bottom: 46, top: 12));
        plot.Grid.MajorLineColor = Color.FromHex(Ink).WithAlpha(0.15);
        plot.Axes.Color(Color.FromHex(Ink));
        plot.Axes.Bottom.SetTicks([.. columns], [.. columns.Select(_ => "")]);
        plot.Axes.Left.SetTicks([.. levels], [.. levels.Select(_ => "")]);
        plot.Axes.SetLimits(x.Low, x.High, y.Low, y.High);
        foreach (var mark in chart.Marks)
        {
            plot.Add.VerticalLine(mark.X, width: 1, Color.FromHex(Ink), LinePattern.Dashed);
        }

        var svg = XElement.Parse(plot.GetSvgXml(Width, Height));
        svg.ReplaceAttributes(
            new XAttribute("viewBox", $"0 0 {Width} {Height}"),
            new XAttribute("role", "img"),
            Attribute("aria-label", $"{chart.Title} over {chart.Axis}; the tables have the figures"));

        // Nothing lies outside the axes. ScottPlot's names of clip paths depend on what the process has drawn before.
        svg.Descendants().Where(element => element.Name.LocalName == "clipPath").Remove();
        svg.Descendants().Attributes("clip-path").Remove();

        svg.Add(columns.Select(column => Text(plot.GetPixel(new(column, y.Low)), 0, 20, "middle", Label(chart.IsLog ? Math.Pow(10, column) : column))));
        svg.Add(levels.Select(level => Text(plot.GetPixel(new(x.Low, level)), -8, 5, "end", Label(level))));
        svg.Add(chart.Marks.Select(mark => mark.X < x.Low + 0.7 * (x.High - x.Low)
            ? Text(plot.GetPixel(new(mark.X, y.High)), 5, 14, "start", mark.Label)
            : Text(plot.GetPixel(new(mark.X, y.High)), -5, 14, "end", mark.Label)));
        svg.Add(Text(plot.GetPixel(new((x.Low + x.High) / 2, y.Low)), 0, 40, "middle", chart.Axis));
        return svg;
    }

    /// <summary>Multiples of 1, 2 or 5 times a power of ten inside the range.</summary>
    private static List<double> Ticks(double low, double high, int most, double leastStep)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10((high - low) / most)));
        var step = s_factors.Select(factor => factor * power).First(s => s >= leastStep && (high - low) / s <= most);
        var first = Math.Ceiling(low / step - 1e-9);
        return [.. Enumerable.Range(0, most + 1).Select(i => (first + i) * step).TakeWhile(tick => tick <= high + 1e-9 * step)];
    }

    /// <summary>Logarithms of 1, 2 and 5 times powers of ten inside the range; of the powers only where those are many.</summary>
    private static List<double> LogTicks(double low, double high)
    {
        double[] factors = high - low > 2.5 ? [1] : [1, 2, 5];
        return [.. Enumerable.Range((int)Math.Floor(low), (int)Math.Ceiling(high) - (int)Math.Floor(low) + 1)
            .SelectMany(power => factors.Select(factor => power + Math.Log10(factor)))
            .Where(tick => tick >= low - 1e-9 && tick <= high + 1e-9)];
    }

    private static string Label(double value) =>
        Math.Abs(value) is > 0 and (< 1e-4 or >= 1e6) ? value.ToString("0.##E0", CultureInfo.InvariantCulture) : value.ToString("0.#####", CultureInfo.InvariantCulture);

    private static XElement Text(Pixel at, float right, float down, string anchor, string text) => new(
        s_svg + "text",
        new XAttribute("x", at.X + right),
        new XAttribute("y", at.Y + down),
        new XAttribute("text-anchor", anchor),
        Printable(text));
}
