using System.ComponentModel.DataAnnotations;

namespace Afa.Attacks;

/// <summary>Settings of <see cref="Fab"/>. The defaults are those of the untargeted attack in the authors' code.</summary>
public sealed record FabOptions : IValidatableObject
{
    /// <summary>Whether one rival class is taken at a time (FAB-T), which costs one backward pass an iteration instead of one for each class.</summary>
    public bool IsTargeted { get; init; }

    /// <summary>Rival classes of the targeted attack, in the order of the clean image's logits.</summary>
    public int Targets { get; init; } = 9;

    /// <summary>Runs for each target. The first starts at the image, others at random within epsilon / 2.</summary>
    public int Restarts { get; init; } = 1;

    public int Iterations { get; init; } = 100;

    /// <summary>Largest weight of the step from the original image, against that from the present point.</summary>
    public double AlphaMax { get; init; } = 0.1;

    /// <summary>Overshoot: 1 goes just to the linearized boundary.</summary>
    public double Eta { get; init; } = 1.05;

    /// <summary>What is left of an adversarial point's distance from the original after the step back.</summary>
    public double Beta { get; init; } = 0.9;

    /// <summary>Whether to look for the smallest perturbation, however large, and not only for one within epsilon.</summary>
    public bool FindsMinimumNorm { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Targets is < 1 or > 1000)
        {
            yield return new($"Targets must be in [1, 1000], not {Targets}.", [nameof(Targets)]);
        }

        if (Restarts is < 1 or > 1000)
        {
            yield return new($"Restarts must be in [1, 1000], not {Restarts}.", [nameof(Restarts)]);
        }

        if (Iterations is < 1 or > 100_000)
        {
            yield return new($"Iterations must be in [1, 100000], not {Iterations}.", [nameof(Iterations)]);
        }

        // Written this way round, the checks also refuse NaN.
        if (AlphaMax is not (>= 0 and <= 1))
        {
            yield return new($"AlphaMax must be in [0, 1], not {AlphaMax}.", [nameof(AlphaMax)]);
        }

        if (Eta is not (>= 1 and <= 10))
        {
            yield return new($"Eta must be in [1, 10], not {Eta}; below 1 a step does not reach the boundary.", [nameof(Eta)]);
        }

        if (Beta is not (> 0 and <= 1))
        {
            yield return new($"Beta must be in (0, 1], not {Beta}; 1 takes no step back.", [nameof(Beta)]);
        }
    }
}
