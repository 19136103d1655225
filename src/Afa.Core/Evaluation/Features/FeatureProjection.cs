namespace Afa.Evaluation.Features;

/// <summary>Features in the plane in which the clean ones vary most (<see cref="PrincipalPlane"/>); the adversarial ones on the same axes.</summary>
/// <param name="Explained">Share of the clean features' variance along each axis.</param>
/// <param name="Labels">Class of each image.</param>
/// <param name="Clean">Two coordinates for each image, one after the other.</param>
/// <param name="Adversarial">The same after the attack.</param>
public sealed record FeatureProjection(
    IReadOnlyList<double> Explained, IReadOnlyList<string> ClassNames, IReadOnlyList<int> Labels, IReadOnlyList<double> Clean, IReadOnlyList<double> Adversarial);
