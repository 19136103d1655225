using System.Globalization;
using Afa.Federation;

namespace Afa.Client.Reports;

/// <summary>Says what a federation's updates gave away.</summary>
internal static class FederationPrivacy
{
    /// <summary>The differential privacy that was spent, and what it means; null without noise.</summary>
    public static string? Spent(FederationDocument federation) => federation.Privacy is not { } spent ? null :
        $"Privacy: epsilon {Figure(spent.Epsilon)} at delta {Figure(spent.Delta)} after {ReportText.Count(spent.Rounds, "round")} (noise multiplier {Figure(spent.NoiseMultiplier)}, each participant in {(spent.SamplingRate == 1 ? "all of them" : $"a share of {Figure(spent.SamplingRate)} of them")}). " +
        $"Whether any one participant takes part, with all its images, changes the probability of whatever comes out by a factor of at most e^epsilon = {Figure(Math.Exp(spent.Epsilon))}, but for a chance of delta. {Judgment(spent.Epsilon)}";

    /// <summary>All that there is to say, one sentence or more each.</summary>
    public static IReadOnlyList<string> Sentences(FederationDocument federation)
    {
        var privacy = federation.Options.Privacy;
        var sentences = new List<string>();
        if (Spent(federation) is { } spent)
        {
            sentences.Add(spent);
        }
        else if (privacy.ClipNorm > 0)
        {
            sentences.Add($"Updates were clipped to the norm {Figure(privacy.ClipNorm)}, without noise: that bounds what one participant can do to the model and promises nothing about what the updates give away.");
        }

        if (privacy.SecureAggregation)
        {
            sentences.Add("Secure aggregation: the aggregator saw the sum of each round's updates, none of them alone. The models that come out can still give something away.");
        }

        return sentences;
    }

    private static string Judgment(double epsilon) => epsilon switch
    {
        <= 1 => "That is a strong promise.",
        <= 10 => "That is a moderate promise; below 1 it would be a strong one.",
        _ => "That is a weak promise; below 1 it would be a strong one.",
    };

    private static string Figure(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
