using System.ComponentModel.DataAnnotations;

namespace Afa.Federation.Attackers;

/// <summary>What malicious participants of an experiment do.</summary>
public enum AttackerKind
{
    /// <summary>Send the negative of their update, times <see cref="AttackerOptions.Scale"/>.</summary>
    SignFlip,

    /// <summary>Send Gaussian noise of standard deviation <see cref="AttackerOptions.Scale"/> times the root mean square of their update.</summary>
    Noise,

    /// <summary>"A little is enough": the mean of the honest updates less z of their standard deviations, coordinate by coordinate; Baruch et al. 2019 (arXiv:1902.06156).</summary>
    Alie,

    /// <summary>Inner product manipulation: the mean of the honest updates times −<see cref="AttackerOptions.Scale"/>; Xie et al. 2020 (arXiv:1903.03936).</summary>
    InnerProduct,

    /// <summary>Train on wrong labels, class c as class C − 1 − c.</summary>
    LabelFlip,

    /// <summary>Train a trigger, and send the update scaled up to replace the model: Bagdasaryan et al. 2020 (arXiv:1807.00459).</summary>
    Backdoor,
}

/// <summary>Malicious participants of an experiment: the last ones.</summary>
public sealed record AttackerOptions : IValidatableObject
{
    /// <summary>How many of the participants are malicious.</summary>
    public int Count { get; init; }

    public AttackerKind Kind { get; init; } = AttackerKind.SignFlip;

    /// <summary>Strength; null: 4 of sign flips, 10 of noise, 1 of the inner product, participants of a round / attackers of a backdoor.</summary>
    public double? Scale { get; init; }

    /// <summary>z of ALIE; null: as the authors derive it from n and f, which is 0, no attack, of few attackers (2 of 10). Their experiments take 1.5 and 1.</summary>
    public double? AlieZ { get; init; }

    /// <summary>Class that a backdoor's trigger is to give.</summary>
    public int BackdoorTarget { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Count < 0)
        {
            yield return new($"Attackers.Count must be 0 or more, not {Count}.", [nameof(Count)]);
        }

        if (Scale is not (null or (> 0 and <= 1e6)))
        {
            yield return new($"Attackers.Scale must be in (0, 1000000], not {Scale}.", [nameof(Scale)]);
        }

        if (AlieZ is not (null or (> 0 and <= 100)))
        {
            yield return new($"Attackers.AlieZ must be in (0, 100], not {AlieZ}.", [nameof(AlieZ)]);
        }

        if (BackdoorTarget < 0)
        {
            yield return new($"Attackers.BackdoorTarget must be a class, not {BackdoorTarget}.", [nameof(BackdoorTarget)]);
        }
    }
}
