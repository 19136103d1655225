using Afa.Attacks;
using Afa.Evaluation;

namespace Afa.Client.Reports;

/// <summary>How radii are written along the axis of a chart: in grey levels where the user wrote them so, else in pixel units.</summary>
internal sealed record RadiusAxis(string Name, double Scale)
{
    private const int GreyLevels = 255;

    public static RadiusAxis For(IEnumerable<EvaluationResult> results)
    {
        var first = results.First();
        return results.All(result => result.Epsilon.EndsWith($"/{GreyLevels}", StringComparison.Ordinal))
            ? new($"{first.Norm} radius ε in grey levels of {GreyLevels}", GreyLevels)
            : new($"{first.Norm} radius ε", 1);
    }

    /// <summary>Where a result lies on the axis; null if its radius is not a number.</summary>
    public double? Of(EvaluationResult result) => Radius.TryParse(result.Epsilon, out var radius) ? radius * Scale : null;
}
