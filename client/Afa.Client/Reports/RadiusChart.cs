using System.Xml.Linq;
using Afa.Evaluation;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>Worst-case accuracy of each checkpoint of a job over the radii that it was evaluated at.</summary>
internal static class RadiusChart
{
    /// <returns>Null unless there are several radii.</returns>
    public static XElement? Create(EvaluationDocument job)
    {
        var axis = RadiusAxis.For(job.Results);
        var lines = job.Results.Where(result => axis.Of(result) is not null)
            .GroupBy(result => result.Checkpoint)
            .Select(checkpoint => (Name: checkpoint.Key, Points: Points(checkpoint, axis)))
            .OrderByDescending(line => line.Points.Skip(1).Sum(point => point.Y ?? 0))
            .ToList();
        return lines.Count == 0 || lines.Max(line => line.Points.Count) < 3 ? null : Tag(
            "section",
            Tag("h2", "Worst case over the radius"),
            Tag("p", "Accuracy under the strongest of the attacks, image by image; at radius 0 the clean accuracy. The most robust checkpoints come first."),
            Tag("div", Class("charts"), LineChart.Create(new Chart
            {
                Title = "Accuracy",
                Axis = axis.Name,
                X = (0, 1.03 * lines.Max(line => line.Points[^1].X)),
                Y = (0, 1),
                Curves = [.. lines.Select((line, rank) => new ChartCurve(line.Name, [line.Points], IsFaint: rank >= LineChart.MostColors))],
            })));
    }

    private static List<(double X, double? Y)> Points(IEnumerable<EvaluationResult> results, RadiusAxis axis) =>
        [.. results
            .Select(result => (X: axis.Of(result)!.Value, Y: result.Find(RobustAccuracy.WorstCase)?.Accuracy))
            .Append((X: 0, Y: results.First().Find(RobustAccuracy.Clean)?.Accuracy))
            .OrderBy(point => point.X)];
}
