namespace Afa.Evaluation.Features;

/// <summary>What was found in a model's feature space.</summary>
public sealed record FeatureSpace
{
    public required FeatureFigures Clean { get; init; }

    public required FeatureFigures Adversarial { get; init; }

    /// <summary>Mean squared distance of an image's clean features and its adversarial ones, in [0, 4].</summary>
    public required double Shift { get; init; }

    /// <summary>Mean <see cref="LocalLipschitz"/> of the features of unit length: L2 over the norm of the ball.</summary>
    public required double FeatureLipschitz { get; init; }

    /// <summary>Mean <see cref="LocalLipschitz"/> of the logits: L1 over the norm of the ball, as in the paper.</summary>
    public required double LogitLipschitz { get; init; }

    public required FeatureProjection Projection { get; init; }
}
