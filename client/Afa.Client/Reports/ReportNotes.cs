using Afa.Attacks;
using Afa.Evaluation;
using Afa.Evaluation.Features;

namespace Afa.Client.Reports;

/// <summary>What the figures of a report do not show.</summary>
internal static class ReportNotes
{
    public const string Title = "What these figures do not show";

    public const string Reconstruction = "The equations of AFA are a reconstruction and may differ from the authors'.";

    private const string Intervals =
        "Accuracies are fractions in [0, 1] with 95 % Wilson intervals, which cover the choice of images, not the choice of seed. " +
        "The worst case counts an image only if the model is right on it under every attack within the ball that ran.";

    public static IReadOnlyList<string> Create(EvaluationDocument? evaluation, FeatureDocument? features) =>
        evaluation is null ? [Attacks(evaluation, features), Reconstruction] : [Attacks(evaluation, features), Reconstruction, Intervals];

    private static string Attacks(EvaluationDocument? evaluation, FeatureDocument? features)
    {
        var evaluated = evaluation?.Results.SelectMany(result => result.Attacks).Where(attack => attack.Kind != AttackKind.Corruption).Select(attack => attack.Attack) ?? [];
        return Attacks([.. evaluated, .. features?.Analyses.Select(analysis => analysis.Attack) ?? []]);
    }

    /// <summary>What the attacks that ran within the ball leave open.</summary>
    public static string Attacks(IEnumerable<string> names)
    {
        var attacks = names.Where(RobustAccuracy.IsAttack).ToList();
        return attacks switch
        {
            [] => "No attack has run on the trained model: figures of the training batches say little about robustness.",
            _ when attacks.All(IsPlainGradientAttack) =>
                "PGD and FGSM only: gradient masking is not ruled out until stronger attacks have run.",
            _ => "Robust accuracy is an upper bound: a stronger attack may find more errors.",
        };
    }

    private static bool IsPlainGradientAttack(string name) =>
        name.StartsWith("pgd", StringComparison.Ordinal) || name.StartsWith("fgsm", StringComparison.Ordinal);
}
