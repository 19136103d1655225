using System.Globalization;
using System.Xml.Linq;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>Draws lines as SVG inside the page. Colors, widths and fonts are the style sheet's.</summary>
internal static class CurveChart
{
    private const int Width = 480;
    private const int Height = 250;
    private const int Left = 54;
    private const int Right = 16;
    private const int Top = 12;
    private const int Bottom = 44;
    private const int MostSigns = 40;

    private static readonly double[] s_factors = [1, 2, 5, 10];

    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    /// <param name="x">Both ends of the horizontal axis.</param>
    /// <param name="y">Both ends of the vertical axis; null fits the curves.</param>
    /// <param name="marks">Where a vertical line stands, and what stands beside it.</param>
    /// <returns>Null if no curve has a value.</returns>
    public static XElement? Create(string title, string axis, IReadOnlyList<Curve> curves, (double Low, double High) x, (double Low, double High)? y, IReadOnlyList<(double X, string Label)> marks)
    {
        var drawn = curves.Select((curve, index) => (Curve: curve with { Pieces = [.. curve.Pieces.Select(Finite)] }, Index: index)).Where(curve => curve.Curve.Pieces.Any(piece => piece.Count > 0)).ToList();
        if (drawn.Count == 0)
        {
            return null;
        }

        var frame = new Frame(x, y ?? Fit(drawn.SelectMany(curve => curve.Curve.Pieces).SelectMany(piece => piece).Select(point => point.Y)));
        var last = drawn.Where(curve => !curve.Curve.IsFine).DefaultIfEmpty(drawn[0]).Select(curve => $"{curve.Curve.Name} {Label(curve.Curve.Pieces.Last(piece => piece.Count > 0)[^1].Y)}");
        return Tag(
            "figure",
            Tag("figcaption", Tag("strong", title), drawn.Select(curve => Tag("span", Class($"key {Style(curve.Curve, curve.Index)}"), curve.Curve.Name))),
            new XElement(
                s_svg + "svg",
                new XAttribute("viewBox", $"0 0 {Width} {Height}"),
                new XAttribute("role", "img"),
                Attribute("aria-label", $"{title} over {axis}; at the end: {string.Join(", ", last)}"),
                Ticks(frame.Y.Low, frame.Y.High, most: 6, leastStep: 0).SelectMany(level => new[] { Line("grid", Left, frame.Down(level), Width - Right, frame.Down(level)), Text(Left - 7, frame.Down(level) + 5, "end", Label(level)) }),
                Ticks(frame.X.Low, frame.X.High, most: 8, leastStep: 1).Select(column => Text(frame.Across(column), Height - Bottom + 19, "middle", Label(column))),
                Line("axis", Left, Height - Bottom, Width - Right, Height - Bottom),
                marks.Select(mark => Mark(frame, mark.X, mark.Label)),
                Text((Left + Width - Right) / 2.0, Height - 6, "middle", axis),
                drawn.OrderByDescending(curve => curve.Curve.IsFine).Select(curve => Draw(frame, curve.Curve, curve.Index))));
    }

    private static IReadOnlyList<(double X, double Y)> Finite(IReadOnlyList<(double X, double Y)> piece) => [.. piece.Where(point => point.Y is > -1e30 and < 1e30)];

    private static (double Low, double High) Fit(IEnumerable<double> values)
    {
        var (low, high) = (values.Min(), values.Max());
        var margin = high > low ? 0.06 * (high - low) : Math.Max(Math.Abs(high) / 10, 1e-6);
        return (low - margin, high + margin);
    }

    private static XElement Draw(Frame frame, Curve curve, int index)
    {
        var count = curve.Pieces.Sum(piece => piece.Count);
        return new(
            s_svg + "g",
            Class($"curve {Style(curve, index)}"),
            curve.Pieces.Where(piece => piece.Count > 1).Select(piece => new XElement(s_svg + "polyline", new XAttribute("points", string.Join(' ', piece.Select(point => $"{Pixel(frame.Across(point.X))},{Pixel(frame.Down(point.Y))}"))))),
            curve.IsFine || count > MostSigns ? null : curve.Pieces.SelectMany(piece => piece).Select(point => new XElement(
                s_svg + "circle", new XAttribute("cx", Pixel(frame.Across(point.X))), new XAttribute("cy", Pixel(frame.Down(point.Y))), new XAttribute("r", "3.5"))));
    }

    private static string Style(Curve curve, int index) => curve.IsFine ? "fine" : $"k{index}";

    private static XElement[] Mark(Frame frame, double x, string label)
    {
        var across = frame.Across(x);
        var isLeft = x < frame.X.Low + 0.7 * (frame.X.High - frame.X.Low);
        return [Line("mark", across, Top, across, Height - Bottom), Text(across + (isLeft ? 5 : -5), Top + 12, isLeft ? "start" : "end", label)];
    }

    /// <summary>Multiples of 1, 2 or 5 times a power of ten inside the range.</summary>
    private static List<double> Ticks(double low, double high, int most, double leastStep)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10((high - low) / most)));
        var step = s_factors.Select(factor => factor * power).FirstOrDefault(step => step >= leastStep && (high - low) / step <= most, leastStep);
        var first = Math.Ceiling(low / step - 1e-9);
        return [.. Enumerable.Range(0, most + 1).Select(i => (first + i) * step).TakeWhile(tick => tick <= high + 1e-9 * step)];
    }

    private static string Label(double value) =>
        Math.Abs(value) is > 0 and (< 1e-4 or >= 1e6) ? value.ToString("0.##E0", CultureInfo.InvariantCulture) : value.ToString("0.####", CultureInfo.InvariantCulture);

    private static XElement Line(string name, double x1, double y1, double x2, double y2) => new(
        s_svg + "line", Class(name), new XAttribute("x1", Pixel(x1)), new XAttribute("y1", Pixel(y1)), new XAttribute("x2", Pixel(x2)), new XAttribute("y2", Pixel(y2)));

    private static XElement Text(double x, double y, string anchor, string text) => new(
        s_svg + "text", new XAttribute("x", Pixel(x)), new XAttribute("y", Pixel(y)), new XAttribute("text-anchor", anchor), text);

    private static string Pixel(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    /// <summary>Where values stand in the picture.</summary>
    private sealed record Frame((double Low, double High) X, (double Low, double High) Y)
    {
        public double Across(double x) => Left + (x - X.Low) / (X.High - X.Low) * (Width - Left - Right);

        public double Down(double y) => Height - Bottom - (y - Y.Low) / (Y.High - Y.Low) * (Height - Top - Bottom);
    }
}
