using Afa.Attacks;
using Afa.Evaluation;

namespace Afa.Sweeps;

/// <summary>Accuracy of a point under one attack, over its seeds.</summary>
/// <param name="Attack">Such as "clean", "pgd-20", "worst-case".</param>
/// <param name="Seeds">How many.</param>
/// <param name="Mean">Of the seeds' accuracies, in [0, 1].</param>
/// <param name="Deviation">Standard deviation over the seeds, with n − 1; null for one seed.</param>
/// <param name="Low">Lower end of the 95 % interval of the mean.</param>
/// <param name="High">Upper end.</param>
public sealed record SweepFigure(string Attack, AttackKind Kind, int Seeds, double Mean, double? Deviation, double Low, double High, SweepInterval Interval)
{
    private const int LeastSeeds = 3;

    /// <summary>Sums up the same attack on the same number of images over the seeds.</summary>
    /// <param name="trials">At least one, each with at least one image.</param>
    public static SweepFigure Of(IReadOnlyList<SweepAccuracy> trials)
    {
        var accuracies = trials.Select(trial => (double)trial.Correct / trial.Total).ToList();
        var mean = accuracies.Average();
        double? deviation = accuracies.Count > 1 ? Math.Sqrt(accuracies.Sum(accuracy => (accuracy - mean) * (accuracy - mean)) / (accuracies.Count - 1)) : null;
        if (accuracies.Count < LeastSeeds)
        {
            // The seeds share their test images, so two of them do not count twice as many.
            var (low, high) = WilsonInterval.Of(mean, trials[0].Total);
            return new(trials[0].Attack, trials[0].Kind, accuracies.Count, mean, deviation, low, high, SweepInterval.Wilson);
        }

        var half = StudentT.Central95(accuracies.Count - 1) * deviation!.Value / Math.Sqrt(accuracies.Count);
        return new(trials[0].Attack, trials[0].Kind, accuracies.Count, mean, deviation, Math.Max(0, mean - half), Math.Min(1, mean + half), SweepInterval.StudentT);
    }
}
