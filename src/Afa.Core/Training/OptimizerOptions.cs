using System.ComponentModel.DataAnnotations;

namespace Afa.Training;

/// <summary>Settings of stochastic gradient descent and its schedule.</summary>
public sealed record OptimizerOptions : IValidatableObject
{
    /// <summary>Peak of the schedule.</summary>
    public double LearningRate { get; init; } = 0.1;

    public LearningRateScheduleKind Schedule { get; init; } = LearningRateScheduleKind.OneCycle;

    /// <summary>
    /// Share of a phase's steps before the peak, [0, 1): along the schedule for one-cycle (null: 0.3) and cyclic (null: 0.5), and in a straight
    /// line before the others (null: none).
    /// </summary>
    public double? WarmUpShare { get; init; }

    /// <summary>Where multi-step lowers the learning rate: shares of a phase's steps (below 1) or epochs (1 and above), such as "0.5,0.75" or "100,150".</summary>
    public string Milestones { get; init; } = "0.5,0.75";

    /// <summary>What each milestone multiplies the learning rate by.</summary>
    public double Gamma { get; init; } = 0.1;

    public double Momentum { get; init; } = 0.9;

    public bool Nesterov { get; init; } = true;

    /// <summary>L2 penalty, on every parameter but those of normalization layers.</summary>
    public double WeightDecay { get; init; } = 5e-4;

    /// <summary>Largest Euclidean norm of the whole gradient; 0 switches clipping off.</summary>
    public double GradientClip { get; init; } = 1;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (LearningRate is not (> 0 and <= 100))
        {
            yield return new($"Optimizer.LearningRate must be in (0, 100], not {LearningRate}.", [nameof(LearningRate)]);
        }

        if (WarmUpShare is not (null or (>= 0 and < 1)))
        {
            yield return new($"Optimizer.WarmUpShare must be in [0, 1), not {WarmUpShare}.", [nameof(WarmUpShare)]);
        }

        if (LearningRateSchedule.ParseMilestones(Milestones) is null)
        {
            yield return new(
                $"Optimizer.Milestones must be shares below 1 or whole epochs, in order, such as \"0.5,0.75\" or \"100,150\", not \"{Milestones}\".", [nameof(Milestones)]);
        }

        if (Gamma is not (> 0 and <= 1))
        {
            yield return new($"Optimizer.Gamma must be in (0, 1], not {Gamma}.", [nameof(Gamma)]);
        }

        if (Momentum is not (>= 0 and < 1))
        {
            yield return new($"Optimizer.Momentum must be in [0, 1), not {Momentum}.", [nameof(Momentum)]);
        }

        if (Nesterov && Momentum == 0)
        {
            yield return new("Optimizer.Nesterov needs Momentum greater than 0.", [nameof(Nesterov)]);
        }

        if (WeightDecay is not (>= 0 and < 1))
        {
            yield return new($"Optimizer.WeightDecay must be in [0, 1), not {WeightDecay}.", [nameof(WeightDecay)]);
        }

        if (GradientClip is not (>= 0 and < double.PositiveInfinity))
        {
            yield return new($"Optimizer.GradientClip must be 0 (off) or a positive number, not {GradientClip}.", [nameof(GradientClip)]);
        }
    }
}
