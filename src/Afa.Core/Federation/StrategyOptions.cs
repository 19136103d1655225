using System.ComponentModel.DataAnnotations;

namespace Afa.Federation;

/// <summary>How participants train in a round, and what the server makes of the aggregate.</summary>
public enum StrategyKind
{
    /// <summary>The new model is the old one plus the aggregate: McMahan et al. 2017 (arXiv:1602.05629).</summary>
    FedAvg,

    /// <summary>A proximal term μ/2 ‖w − w_t‖² in the local loss: Li et al. 2020 (arXiv:1812.06127).</summary>
    FedProx,

    /// <summary>Momentum at the server: Hsu et al. 2019 (arXiv:1909.06335).</summary>
    FedAvgM,

    /// <summary>Adam at the server: Reddi et al. 2021 (arXiv:2003.00295), algorithm 2.</summary>
    FedAdam,

    /// <summary>Control variates against client drift: Karimireddy et al. 2020 (arXiv:1910.06378), algorithm 1 with option II.</summary>
    Scaffold,

    /// <summary>Normalization layers stay with each participant: Li et al. 2021 (arXiv:2102.07623).</summary>
    FedBn,
}

/// <summary>Settings of the strategy.</summary>
public sealed record StrategyOptions : IValidatableObject
{
    public StrategyKind Kind { get; init; } = StrategyKind.FedAvg;

    /// <summary>μ of FedProx.</summary>
    public double ProximalMu { get; init; } = 0.01;

    /// <summary>What the server multiplies its step by; null: 1, or 0.01 for FedAdam.</summary>
    public double? ServerLearningRate { get; init; }

    /// <summary>β of FedAvgM.</summary>
    public double ServerMomentum { get; init; } = 0.9;

    /// <summary>β₁ of FedAdam.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>β₂ of FedAdam.</summary>
    public double Beta2 { get; init; } = 0.99;

    /// <summary>τ of FedAdam, added to the root of the second moment.</summary>
    public double Tau { get; init; } = 1e-3;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ProximalMu is not (>= 0 and <= 1000))
        {
            yield return new($"Strategy.ProximalMu must be in [0, 1000], not {ProximalMu}.", [nameof(ProximalMu)]);
        }

        if (ServerLearningRate is not (null or (> 0 and <= 100)))
        {
            yield return new($"Strategy.ServerLearningRate must be in (0, 100], not {ServerLearningRate}.", [nameof(ServerLearningRate)]);
        }

        foreach (var (name, value) in new[] { (nameof(ServerMomentum), ServerMomentum), (nameof(Beta1), Beta1), (nameof(Beta2), Beta2) })
        {
            if (value is not (>= 0 and < 1))
            {
                yield return new($"Strategy.{name} must be in [0, 1), not {value}.", [name]);
            }
        }

        if (Tau is not (> 0 and <= 1))
        {
            yield return new($"Strategy.Tau must be in (0, 1], not {Tau}.", [nameof(Tau)]);
        }
    }
}
