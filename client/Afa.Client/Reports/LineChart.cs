using System.Globalization;
using System.Xml.Linq;
using Afa.Grains;
using ScottPlot;
using static Afa.Client.Reports.Html;

namespace Afa.Client.Reports;

/// <summary>Curves over the epochs as SVG inside the page.</summary>
/// <remarks>
/// ScottPlot draws the lines and nothing that has letters: it measures text with the machine's fonts and on a machine without any, such
/// as a container, leaves it out. The labels are text elements for the browser, so the same history gives the same chart everywhere.
/// </remarks>
internal static class LineChart
{
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
    ];

    /// <param name="range">Of the vertical axis; null fits it to the values.</param>
    /// <param name="curves">Null and values that are not finite are left out.</param>
    /// <returns>Null if no curve has a value.</returns>
    public static XElement? Create(
        string title,
        IReadOnlyList<EpochMetrics> history,
        (double Low, double High)? range,
        params (string Name, Func<EpochMetrics, double?> Value)[] curves)
    {
        var styled = curves.Zip(s_styles).Where(curve => history.Any(epoch => IsDrawable(curve.First.Value(epoch)))).ToList();
        if (styled.Count == 0)
        {
            return null;
        }

        var values = styled.SelectMany(curve => history.Select(curve.First.Value)).Where(IsDrawable).Select(value => value!.Value);
        var (low, high) = range ?? Fit(values.Min(), values.Max());

        using var plot = new Plot();
        foreach (var ((_, value), style) in styled)
        {
            foreach (var phase in Phases(history))
            {
                AddCurve(plot, phase.Where(epoch => IsDrawable(value(epoch))), value, style.Color, style.Marker);
            }
        }

        var boundaries = Phases(history).Skip(1).Select(phase => (X: phase[0].Epoch - 0.5, phase[0].Phase)).ToList();
        return Tag(
            "figure",
            Tag("figcaption", Tag("strong", title), curves.Length == 1 ? null : styled.Select(curve => Tag(
                "span", Tag("b", Attribute("style", $"color:{curve.Second.Color}"), curve.Second.Sign), " " + curve.First.Name))),
            Render(plot, title, (history[0].Epoch - 0.5, history[^1].Epoch + 0.5), (low, high), boundaries));
    }

    private static bool IsDrawable(double? value) => value is > -1e30 and < 1e30;

    private static (double Low, double High) Fit(double low, double high)
    {
        var margin = high > low ? 0.06 * (high - low) : Math.Max(Math.Abs(high) / 10, 1e-6);
        return (low - margin, high + margin);
    }

    /// <summary>The history cut where the phase changes.</summary>
    private static IEnumerable<EpochMetrics[]> Phases(IReadOnlyList<EpochMetrics> history)
    {
        var start = 0;
        for (var i = 1; i <= history.Count; i++)
        {
            if (i == history.Count || history[i].Phase != history[start].Phase)
            {
                yield return history.Skip(start).Take(i - start).ToArray();
                start = i;
            }
        }
    }

    private static void AddCurve(Plot plot, IEnumerable<EpochMetrics> epochs, Func<EpochMetrics, double?> value, string color, MarkerShape marker)
    {
        var points = epochs.Select(epoch => new Coordinates(epoch.Epoch, value(epoch)!.Value)).ToArray();
        var stride = (points.Length + MostPoints - 1) / MostPoints;
        var drawn = points.Where((_, i) => i % stride == 0 || i == points.Length - 1).ToArray();

        var curve = plot.Add.Scatter(drawn, Color.FromHex(color));
        curve.LineWidth = 2;
        curve.MarkerShape = marker;
        curve.MarkerSize = drawn.Length > MostMarkers ? 0 : 7;
    }

    private static XElement Render(
        Plot plot, string title, (double Low, double High) x, (double Low, double High) y, List<(double X, string Phase)> boundaries)
    {
        var epochs = Ticks(x.Low, x.High, most: 8, leastStep: 1);
        var levels = Ticks(y.Low, y.High, most: 6, leastStep: 0);

        plot.FigureBackground.Color = Colors.Transparent;
        plot.DataBackground.Color = Colors.Transparent;
        plot.Layout.Fixed(new PixelPadding(left: 58, right: 24, bottom: 46, top: 12));
        plot.Grid.MajorLineColor = Color.FromHex(Ink).WithAlpha(0.15);
        plot.Axes.Color(Color.FromHex(Ink));
        plot.Axes.Bottom.SetTicks([.. epochs], [.. epochs.Select(_ => "")]);
        plot.Axes.Left.SetTicks([.. levels], [.. levels.Select(_ => "")]);
        plot.Axes.SetLimits(x.Low, x.High, y.Low, y.High);
        foreach (var boundary in boundaries)
        {
            plot.Add.VerticalLine(boundary.X, width: 1, Color.FromHex(Ink), LinePattern.Dashed);
        }

        var svg = XElement.Parse(plot.GetSvgXml(Width, Height));
        svg.ReplaceAttributes(
            new XAttribute("viewBox", $"0 0 {Width} {Height}"),
            new XAttribute("role", "img"),
            new XAttribute("aria-label", $"{title} over the epochs; the table below has the figures"));
        NameClipPaths(svg, title);

        svg.Add(epochs.Select(epoch => Text(plot.GetPixel(new(epoch, y.Low)), 0, 20, "middle", Label(epoch))));
        svg.Add(levels.Select(level => Text(plot.GetPixel(new(x.Low, level)), -8, 5, "end", Label(level))));
        svg.Add(boundaries.Select(boundary => Text(plot.GetPixel(new(boundary.X, y.High)), 5, 14, "start", boundary.Phase)));
        svg.Add(Text(plot.GetPixel(new((x.Low + x.High) / 2, y.Low)), 0, 40, "middle", "epoch"));
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

    private static string Label(double value) =>
        Math.Abs(value) is > 0 and (< 1e-4 or >= 1e6) ? value.ToString("0.##E0", CultureInfo.InvariantCulture) : value.ToString("0.#####", CultureInfo.InvariantCulture);

    private static XElement Text(Pixel at, float right, float down, string anchor, string text) => new(
        s_svg + "text",
        new XAttribute("x", at.X + right),
        new XAttribute("y", at.Y + down),
        new XAttribute("text-anchor", anchor),
        ReportText.Printable(text));

    /// <summary>Numbers the clip paths for this chart: ScottPlot's numbers depend on what the process has drawn before.</summary>
    private static void NameClipPaths(XElement svg, string title)
    {
        var names = svg.Descendants().Attributes("id")
            .Select((id, i) => (Old: id.Value, New: $"{title.Replace(' ', '-')}-{i}"))
            .ToDictionary(name => name.Old, name => name.New);
        foreach (var element in svg.Descendants())
        {
            if (element.Attribute("id") is { } id)
            {
                id.Value = names[id.Value];
            }

            if (element.Attribute("clip-path") is { } clip)
            {
                clip.Value = $"url(#{names[clip.Value[5..^1]]})";   // It was url(#name).
            }
        }
    }
}
