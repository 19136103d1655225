using Afa.Attacks;
using Afa.Client.Options;
using Afa.Evaluation;

namespace Afa.Client.Commands;

/// <summary>The options of <see cref="EvaluationOptions"/> that have a flag, but for the attacks.</summary>
internal static class EvaluationFlags
{
    public const string Norm = "--norm";
    public const string Epsilon = "--epsilon";

    public static SettingOption Dataset() => new("--dataset", "dataset", "NAME", $"One of {DatasetName.Choices}. Without it: what the run was trained on.");

    public static IReadOnlyList<SettingOption> Create()
    {
        var defaults = new EvaluationOptions();
        return
        [
            new(Norm, "norm", SettingOption.Choices<AttackNorm>(), "How the radius is measured. Without it: as in training."),
            new(Epsilon, "epsilons", "RADIUS,...", "Radii of the attacks, such as 0.1 or 4/255,8/255, pixels in [0, 1]. Without it: as in training."),
            SharedOptions.Images(),
            new("--batch-size", "batchSize", "N", "Images attacked at a time.", $"{defaults.BatchSize}"),
            new("--seed", "seed", "N", "Of all random draws. Without it: as in training."),
            SharedOptions.DataDirectory(),
        ];
    }
}
