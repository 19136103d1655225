using Afa.Client.Options;
using Afa.Evaluation.Features;

namespace Afa.Client.Commands;

/// <summary>The options of <see cref="FeatureAnalysisOptions"/> that have a flag.</summary>
internal static class FeatureFlags
{
    public static IReadOnlyList<SettingOption> Create() =>
    [
        EvaluationFlags.Dataset(),
        new(EvaluationFlags.Norm, "norm", "linf|l2", "How the radius is measured. Without it: as in the evaluation or training of the first NAME."),
        new(EvaluationFlags.Epsilon, "epsilon", "RADIUS", "Radius of the attack, such as 0.1 or 8/255. Without it: as in the evaluation or training of the first NAME."),
        SharedOptions.Images(),
        new("--seed", "seed", "N", "Of all random draws. Without it: as in the evaluation or training of the first NAME."),
        SharedOptions.DataDirectory(),
    ];
}
