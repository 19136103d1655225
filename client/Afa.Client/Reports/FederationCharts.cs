using System.Xml.Linq;
using Afa.Evaluation;
using Afa.Federation;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>How accuracies, losses and updates of a federation went over the rounds.</summary>
internal static class FederationCharts
{
    public static XElement? Create(FederationDocument federation) => federation.Rounds.Count == 0 ? null : Tag(
        "section",
        Tag("h2", "Over the rounds"),
        Tag(
            "p",
            "Accuracies on all participants' test images together, and on those of the participant that comes off worst. The loss is what participants minimize, on their training images, weighted by these",
            Phases(federation).Count == 1 ? "." : "; that of different phases is of different kinds. A dashed line marks where the next phase starts."),
        Tag(
            "div",
            Class("charts"),
            LineChart.Create(Over(federation, "Accuracy") with { Y = (0, 1), Curves = [.. Accuracies(federation)] }),
            LineChart.Create(Over(federation, "Local loss") with { Curves = [OfRounds(federation, "local loss", round => round.Loss)] }),
            LineChart.Create(Over(federation, "Norm of the aggregate") with { Curves = [OfRounds(federation, "norm of the aggregate", round => round.UpdateNorm)] })));

    /// <summary>A figure of the models of rounds.</summary>
    public static ChartCurve OfModels(FederationDocument federation, string name, Func<ModelJudgment, double?> value, bool isFaint = false) =>
        new(name, [[.. FederationFigures.OfRounds(federation).Select(model => ((double)model.Round!.Value, value(model)))]], isFaint);

    private static IEnumerable<ChartCurve> Accuracies(FederationDocument federation)
    {
        yield return OfModels(federation, "clean, pooled", model => FederationFigures.Pooled(model, RobustAccuracy.Clean)?.Accuracy);
        yield return OfModels(federation, "worst case, pooled", model => FederationFigures.Pooled(model, RobustAccuracy.WorstCase)?.Accuracy);
        yield return OfModels(federation, "worst case, worst participant", model => FederationFigures.Worst(model, RobustAccuracy.WorstCase)?.Accuracy);
        yield return OfModels(federation, "taken for the backdoor's target", model => FederationFigures.Backdoor(model)?.Accuracy);
    }

    private static Chart Over(FederationDocument federation, string title) => new()
    {
        Title = title,
        Axis = "round",
        X = (federation.Rounds[0].Round - 0.5, federation.Rounds[^1].Round + 0.5),
        LeastStep = 1,
        Curves = [],
        Marks = [.. Phases(federation).Skip(1).Select(phase => (phase[0].Round - 0.5, phase[0].Phase))],
    };

    private static ChartCurve OfRounds(FederationDocument federation, string name, Func<RoundSummary, double> value) =>
        new(name, [.. Phases(federation).Select(phase => phase.Select(round => ((double)round.Round, (double?)value(round))).ToList())]);

    /// <summary>The rounds of each phase, which follow each other.</summary>
    private static List<List<RoundSummary>> Phases(FederationDocument federation) => [.. federation.Rounds.GroupBy(round => round.Phase).Select(phase => phase.ToList())];
}
