using System.Globalization;
using System.Xml.Linq;
using Afa.Evaluation;
using Afa.Sweeps;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>Pictures of a sweep: clean against robust accuracy, and robust accuracy against each numeric option that was varied.</summary>
internal static class SweepCharts
{
    /// <summary>From this ratio of largest to smallest value on, an option has a logarithmic axis.</summary>
    private const double LogRatio = 20;

    /// <returns>Null if there are fewer than two points to compare, or no attack ran.</returns>
    public static XElement? Create(SweepDocument sweep, SweepGroup group)
    {
        var ranking = SweepTables.Ranking(group);
        if (group.Rows.Count < 2 || ranking == RobustAccuracy.Clean)
        {
            return null;
        }

        var rows = group.Rows.Select(row => new PointMarks(row, [.. Marks(sweep, group, row, ranking)], new(Mean(row, RobustAccuracy.Clean), Mean(row, ranking)))).ToList();
        return Tag(
            "div",
            Tag("p", Class("note"), "Small marks are trials, large ones means over the seeds. The best points have colors."),
            Tag("div", Class("charts"), CleanAgainstRobust(rows, ranking), sweep.Varied.Select(key => AgainstOption(rows, key, ranking))));
    }

    private static XElement? CleanAgainstRobust(List<PointMarks> rows, string ranking) => LineChart.Create(new Chart
    {
        Title = $"Accuracy under {ranking}",
        Axis = "clean accuracy",
        X = Span(rows.SelectMany(row => row.Trials.Append(row.Mean)).Select(mark => mark.Clean)),
        Curves = [.. rows.Select((row, rank) => new ChartCurve(row.Row.Point.Name, [[.. row.Trials.Select(mark => (mark.Clean, (double?)mark.Robust))]], IsFaint: rank >= LineChart.MostColors)
        {
            IsScatter = true,
            Large = [(row.Mean.Clean, row.Mean.Robust)],
        })],
    });

    /// <summary>One curve for each variant.</summary>
    /// <returns>Null if the option's values are not two numbers or more.</returns>
    private static XElement? AgainstOption(List<PointMarks> rows, string key, string ranking)
    {
        var values = rows.Select(row => Number(row.Row.Point.Find(key))).ToList();
        if (values.Contains(null) || values.Distinct().Count() < 2)
        {
            return null;
        }

        var isLog = values.Min() > 0 && values.Max() / values.Min() >= LogRatio;
        double Position(PointMarks row) => Number(row.Row.Point.Find(key))!.Value is var value && isLog ? Math.Log10(value) : value;
        return LineChart.Create(new Chart
        {
            Title = $"Accuracy under {ranking}",
            Axis = key,
            IsLog = isLog,
            X = Span(rows.Select(Position)),
            Curves = [.. rows.GroupBy(row => row.Row.Point.Variant).Select((variant, rank) => new ChartCurve(
                variant.Key.Length == 0 ? "trials" : variant.Key,
                [[.. variant.SelectMany(row => row.Trials.Select(mark => (Position(row), (double?)mark.Robust)))]],
                IsFaint: rank >= LineChart.MostColors)
            {
                IsScatter = true,
                Large = [.. variant.Select(row => (Position(row), (double?)row.Mean.Robust))],
            })],
        });
    }

    private static IEnumerable<Mark> Marks(SweepDocument sweep, SweepGroup group, SweepRow row, string ranking)
    {
        foreach (var result in sweep.Trials.Where(trial => trial.Point == row.Point.Name).Select(trial => trial.Result).OfType<SweepTrialResult>())
        {
            if (Accuracy(RobustAccuracy.Clean) is { } clean && Accuracy(ranking) is { } robust)
            {
                yield return new Mark(clean, robust);
            }

            double? Accuracy(string attack) =>
                result.Accuracies.FirstOrDefault(accuracy => accuracy.Attack == attack && group.Includes(accuracy)) is { } found ? (double)found.Correct / found.Total : null;
        }
    }

    private static double Mean(SweepRow row, string attack) => row.Find(attack)?.Mean ?? double.NaN;

    private static (double Low, double High) Span(IEnumerable<double> values)
    {
        var finite = values.Where(double.IsFinite).DefaultIfEmpty().ToList();
        var margin = finite.Max() > finite.Min() ? 0.08 * (finite.Max() - finite.Min()) : Math.Max(Math.Abs(finite.Max()) / 10, 1e-3);
        return (finite.Min() - margin, finite.Max() + margin);
    }

    private static double? Number(string? text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    private sealed record PointMarks(SweepRow Row, IReadOnlyList<Mark> Trials, Mark Mean);

    /// <summary>Clean and robust accuracy, in [0, 1].</summary>
    private sealed record Mark(double Clean, double Robust);
}
