using System.Globalization;
using System.Xml.Linq;
using Afa.Attacks;
using Afa.Evaluation;
using Afa.Federation;
using Afa.Grains;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>The figures that a reader looks for first.</summary>
internal static class Headline
{
    public static XElement OfEvaluation(EvaluationResult result) => Tag(
        "section",
        Class("cards"),
        EvaluationTables.InBall(result).Select(attack => Card(
            attack.Attack,
            ReportText.Fraction(attack.Accuracy),
            $"95 %: {ReportText.Interval(attack.Low, attack.High)}",
            Meter(attack.Accuracy, attack.Low, attack.High),
            attack.Attack == RobustAccuracy.WorstCase)),
        CorruptionAccuracy.Mean(result.Attacks) is { } mean
            ? Card("corruptions", ReportText.Fraction(mean), $"mean of {result.Attacks.Count(attack => attack.Kind == AttackKind.Corruption)}")
            : null);

    /// <summary>Of the last model that was judged.</summary>
    public static XElement OfFederation(FederationDocument federation, ModelJudgment model) => Tag(
        "section",
        Class("cards"),
        new[] { RobustAccuracy.Clean, RobustAccuracy.WorstCase }.Select(attack => FederationFigures.Pooled(model, attack) is { } pooled
            ? Card($"{attack}, pooled", ReportText.Fraction(pooled.Accuracy), $"95 %: {ReportText.Interval(pooled.Interval.Low, pooled.Interval.High)}", Meter(pooled.Accuracy, pooled.Interval.Low, pooled.Interval.High), attack == RobustAccuracy.WorstCase)
            : null),
        FederationFigures.Worst(model, RobustAccuracy.WorstCase) is { } worst
            ? Card("worst participant", ReportText.Fraction(worst.Accuracy), $"worst case of {FederationFigures.Name(federation, worst.Participant)}")
            : null,
        FederationFigures.Gap(model, RobustAccuracy.WorstCase) is { } gap ? Card("fairness gap", ReportText.Fraction(gap), "best less worst participant, worst case") : null,
        FederationFigures.Backdoor(model) is { } backdoor ? Card("backdoor", ReportText.Fraction(backdoor.Accuracy), "of images with the trigger taken for its target") : null,
        federation.Privacy is { } spent ? Card("epsilon", ReportText.Number(spent.Epsilon, "0.##"), $"at delta {ReportText.Number(spent.Delta, "G3")}") : null);

    /// <summary>Of the last epoch: there is no evaluation yet.</summary>
    public static XElement? OfRun(TrainingRunStatus run)
    {
        if (run.History.Count == 0)
        {
            return null;
        }

        var last = run.History[^1];
        var found = new (string Name, double? Value)[]
        {
            ("clean accuracy", last.CleanAccuracy),
            ("robust accuracy", last.RobustAccuracy),
            ("feature match", last.FeatureMatch),
        };
        return Tag(
            "section",
            Class("cards"),
            Card("loss", ReportText.Number(last.Loss, "0.0000"), $"epoch {last.Epoch}, {last.Phase}"),
            found.Where(figure => figure.Value is not null)
                .Select(figure => Card(figure.Name, ReportText.Fraction(figure.Value), $"on the training batches of epoch {last.Epoch}")));
    }

    private static XElement Card(string name, string figure, string note, XElement? meter = null, bool isEmphasized = false) => Tag(
        "div",
        Class(isEmphasized ? "card strong" : "card"),
        Tag("div", Class("name"), name),
        Tag("div", Class("figure"), figure),
        meter,
        Tag("div", Class("note"), note));

    /// <summary>The interval as a band and the accuracy as a mark, on a scale from 0 to 1.</summary>
    private static XElement Meter(double accuracy, double low, double high) => Tag(
        "div",
        Class("meter"),
        Tag("span", Class("band"), Attribute("style", string.Create(
            CultureInfo.InvariantCulture, $"left:{100 * low:0.##}%;width:{100 * Math.Max(0, high - low):0.##}%"))),
        Tag("span", Class("mark"), Attribute("style", string.Create(CultureInfo.InvariantCulture, $"left:{100 * accuracy:0.##}%"))));
}
