using System.ComponentModel.DataAnnotations;

namespace Afa.Attacks;

/// <summary>Settings of <see cref="Apgd"/>; the defaults are those of AutoAttack's standard version for Linf and L2.</summary>
public sealed record ApgdOptions : IValidatableObject
{
    public ApgdLoss Loss { get; init; } = ApgdLoss.CrossEntropy;

    /// <summary>Steps of one run from one starting point.</summary>
    public int Iterations { get; init; } = 100;

    /// <summary>Random starting points; for a targeted loss, for each target. AutoAttack takes 5 with cross-entropy in L1.</summary>
    public int Restarts { get; init; } = 1;

    /// <summary>Of a targeted loss: how many classes are tried, from the second highest logit of the clean image on. AutoAttack takes 5 in L1.</summary>
    public int Targets { get; init; } = 9;

    /// <summary>How often the gradient is computed and averaged at each point, for networks that answer at random: 20 in AutoAttack's version for these.</summary>
    public int EotSamples { get; init; } = 1;

    /// <summary>ρ: the step is halved unless more than this share of the steps since the last check raised the loss.</summary>
    public double Rho { get; init; } = 0.75;

    /// <summary>For L1 only: spends 30 % of the iterations in the ball of 3ε, 30 % in that of 2ε and the rest in that of ε, as AutoAttack does for L1.</summary>
    public bool UsesLargerRadii { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Enum.IsDefined(Loss))
        {
            yield return new($"Loss must be one of {string.Join(", ", Enum.GetNames<ApgdLoss>())}, not {Loss}.", [nameof(Loss)]);
        }

        if (Iterations is < 1 or > 100_000)
        {
            yield return new($"Iterations must be in [1, 100000], not {Iterations}.", [nameof(Iterations)]);
        }
        else if (UsesLargerRadii && Iterations < 3)
        {
            yield return new($"Iterations must be at least 3 with UsesLargerRadii, one for each radius, not {Iterations}.", [nameof(Iterations)]);
        }

        if (Restarts is < 1 or > 10_000)
        {
            yield return new($"Restarts must be in [1, 10000], not {Restarts}; a run without a restart is 1.", [nameof(Restarts)]);
        }

        if (Targets is < 1 or > 10_000)
        {
            yield return new($"Targets must be in [1, 10000], not {Targets}.", [nameof(Targets)]);
        }

        if (EotSamples is < 1 or > 10_000)
        {
            yield return new($"EotSamples must be in [1, 10000], not {EotSamples}.", [nameof(EotSamples)]);
        }

        if (Rho is not (> 0 and <= 1))   // Written this way round, the check also refuses NaN.
        {
            yield return new($"Rho must be in (0, 1], not {Rho}.", [nameof(Rho)]);
        }
    }
}
