using Afa.Federation;

namespace Afa.Client.Reports;

/// <summary>What the figures of federations do not show.</summary>
internal static class FederationNotes
{
    public static IReadOnlyList<string> Create(params IReadOnlyList<FederationDocument> federations) =>
    [
        ReportNotes.Attacks(federations.SelectMany(federation => federation.Models).SelectMany(FederationFigures.Attacks).Distinct()),
        ReportNotes.Reconstruction,
        "Pooled accuracies are fractions in [0, 1] of all test images together, so that a participant with many weighs more. Their 95 % Wilson intervals cover the choice of images, not that of seed, split or participants. " +
        "The fairness gap is the highest less the lowest accuracy of a participant.",
        "A participant has few test images: the lowest accuracy of several owes some of its distance to chance.",
        .. federations.Any(federation => federation.Options.Attackers.Count > 0)
            ? ["Attackers are simulated and do one thing each; one that knows the rule may do worse. Their own test images are judged like all others."]
            : Array.Empty<string>(),
        $"Only counts leave a silo, and none of fewer images than the minimum ({string.Join(", ", federations.Select(federation => federation.Options.Evaluation.MinimumCount).Distinct())}): figures of classes leave out the participants that have fewer of one.",
    ];
}
