using System.Xml.Linq;
using Afa.Evaluation;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>Robust accuracy of one checkpoint over the radius, from the smallest perturbations that were found.</summary>
internal static class RobustnessCurveChart
{
    public static XElement? Create(EvaluationResult result)
    {
        if (result.Curve.Count < 2)
        {
            return null;
        }

        var axis = RadiusAxis.For([result]);
        return Tag(
            "section",
            Tag("h2", "Robust accuracy over the radius"),
            Tag("p", "An upper bound: the share of images that are right and for which no perturbation within the radius was found. The dashed line is the radius of this evaluation."),
            Tag("div", Class("charts"), LineChart.Create(new Chart
            {
                Title = "Robust accuracy",
                Axis = axis.Name,
                X = (0, axis.Scale * result.Curve[^1].Radius),
                Y = (0, 1),
                Curves = [new ChartCurve("robust accuracy", [[.. result.Curve.Select(point => (axis.Scale * point.Radius, (double?)point.Accuracy))]])],
                Marks = axis.Of(result) is { } radius ? [(radius, $"ε = {result.Epsilon}")] : [],
            })));
    }
}
