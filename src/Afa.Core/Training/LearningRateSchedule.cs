namespace Afa.Training;

/// <summary>How the learning rate moves over a phase.</summary>
public enum LearningRateScheduleKind
{
    /// <summary>Up over the first 30 % of the steps and down to almost nothing, both along a cosine: Smith and Topin 2018 (arXiv:1708.07120), with PyTorch's defaults.</summary>
    OneCycle,

    /// <summary>From the peak down to 0 along half a cosine: Loshchilov and Hutter 2017 (arXiv:1608.03983), without restarts.</summary>
    Cosine,

    /// <summary>The peak throughout.</summary>
    Constant,
}

/// <summary>Learning rate as a pure function of the step, so that a resumed run needs no schedule state.</summary>
public static class LearningRateSchedule
{
    /// <summary>Returns the learning rate of one step.</summary>
    /// <param name="peak">Largest value of the schedule.</param>
    /// <param name="step">Counted from 0 in the phase.</param>
    /// <param name="steps">Steps of the whole phase, at least 1.</param>
    /// <remarks>OneCycle follows torch.optim.lr_scheduler.OneCycleLR with pct_start 0.3, div_factor 25, final_div_factor 1e4; momentum stays constant.</remarks>
    public static double At(LearningRateScheduleKind kind, double peak, long step, long steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(step, steps);

        const double warmUpShare = 0.3;
        const double initialDivisor = 25;
        const double finalDivisor = 1e4;
        switch (kind)
        {
            case LearningRateScheduleKind.Constant:
                return peak;
            case LearningRateScheduleKind.Cosine:
                return Anneal(peak, 0, (double)step / steps);
            case LearningRateScheduleKind.OneCycle:
                var start = peak / initialDivisor;
                var top = warmUpShare * steps - 1;
                var last = steps - 1;
                return top > 0 && step <= top
                    ? Anneal(start, peak, step / top)
                    : Anneal(peak, start / finalDivisor, last > top ? (step - top) / (last - top) : 1);
            default:
                throw new ArgumentException($"Unknown schedule '{kind}'.", nameof(kind));
        }
    }

    private static double Anneal(double from, double to, double share) => to + (from - to) / 2 * (1 + Math.Cos(Math.PI * share));
}
