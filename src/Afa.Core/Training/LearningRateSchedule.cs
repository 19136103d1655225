using System.Globalization;

namespace Afa.Training;

/// <summary>Learning rate as a pure function of the step, so that a resumed run needs no schedule state.</summary>
/// <remarks>
/// Each follows its namesake in torch.optim.lr_scheduler, stepped after every batch: OneCycleLR with pct_start from
/// <see cref="OptimizerOptions.WarmUpShare"/>, div_factor 25 and final_div_factor 1e4 (momentum stays constant); CosineAnnealingLR; MultiStepLR;
/// CyclicLR, triangular, with base_lr 0 and one cycle. A warm-up of n steps gives (step + 1) / n of the peak: LinearLR from 1 / n over n − 1
/// steps. The cosine then spans the steps that are left, while milestones count from the start of the phase.
/// </remarks>
public static class LearningRateSchedule
{
    private const double InitialDivisor = 25;
    private const double FinalDivisor = 1e4;

    /// <summary>Returns the learning rate of one step of a run.</summary>
    public static double At(OptimizerOptions options, TrainingPosition position) =>
        At(options, position.Phase.LearningRate, position.StepInPhase, position.PhaseSteps, position.Phase.Epochs);

    /// <summary>Returns the learning rate of one step.</summary>
    /// <param name="options">Valid options; their own learning rate is not used.</param>
    /// <param name="peak">Largest value of the schedule.</param>
    /// <param name="step">Counted from 0 in the phase.</param>
    /// <param name="steps">Steps of the whole phase, at least 1.</param>
    /// <param name="epochs">Epochs of the whole phase, for milestones given in epochs.</param>
    public static double At(OptimizerOptions options, double peak, long step, long steps, int epochs)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, steps);

        switch (options.Schedule)
        {
            case LearningRateScheduleKind.OneCycle:
                return OneCycle(peak, (options.WarmUpShare ?? 0.3) * steps - 1, step, steps - 1);
            case LearningRateScheduleKind.Cyclic:
                var top = (options.WarmUpShare ?? 0.5) * steps;
                return peak * (step < top ? step / top : (steps - step) / (steps - top));
        }

        var warmUp = (long)Math.Round((options.WarmUpShare ?? 0) * steps);
        if (step < warmUp)
        {
            return peak * (step + 1) / warmUp;
        }

        return options.Schedule switch
        {
            LearningRateScheduleKind.Constant => peak,
            LearningRateScheduleKind.Cosine => Anneal(peak, 0, (double)(step - warmUp) / (steps - warmUp)),
            LearningRateScheduleKind.MultiStep => peak * Math.Pow(options.Gamma, MilestonesReached(options.Milestones, step, steps, epochs)),
            _ => throw new ArgumentException($"Unknown schedule '{options.Schedule}'.", nameof(options)),
        };
    }

    /// <summary>Reads milestones: shares of a phase below 1, else whole epochs, each later than the one before.</summary>
    /// <returns>Null if the text is something else.</returns>
    internal static IReadOnlyList<double>? ParseMilestones(string? text)
    {
        var milestones = new List<double>();
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.TrimEntries))
        {
            if (!double.TryParse(part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var milestone)
                || milestone is not (> 0 and <= 1_000_000) || (milestone >= 1 && milestone != Math.Floor(milestone))
                || (milestones.Count > 0 && (milestone <= milestones[^1] || milestone < 1 != milestones[^1] < 1)))
            {
                return null;
            }

            milestones.Add(milestone);
        }

        return milestones;
    }

    private static int MilestonesReached(string text, long step, long steps, int epochs)
    {
        const double rounding = 1e-6;   // 0.1 of 30 steps is a little more than 3.
        return ParseMilestones(text)!.Count(milestone => step + rounding >= (milestone < 1 ? milestone * steps : milestone * steps / epochs));
    }

    private static double OneCycle(double peak, double top, long step, long last)
    {
        var start = peak / InitialDivisor;
        return top > 0 && step <= top
            ? Anneal(start, peak, step / top)
            : Anneal(peak, start / FinalDivisor, last > top ? (step - top) / (last - top) : 1);
    }

    private static double Anneal(double from, double to, double share) => to + (from - to) / 2 * (1 + Math.Cos(Math.PI * share));
}
