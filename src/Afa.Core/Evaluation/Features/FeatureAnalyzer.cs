using System.Runtime.InteropServices;
using Afa.Attacks;
using Afa.Compute;
using Afa.Data;
using Afa.Models;
using Afa.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Evaluation.Features;

/// <summary>Measures the feature space of a model on clean images and on adversarial ones.</summary>
/// <remarks>
/// The premise of AFA (Park et al. 2024, arXiv:2402.12187, abstract) is that misalignment in feature space causes misclassification of benign and
/// adversarial samples. Features are those before the head, scaled to unit length, as AFA's loss takes them. The adversarial image
/// is the last iterate of PGD-20 on the cross-entropy for every image, also where the model is wrong before or right after it, so that
/// both sets hold the same images. Centroids come from clean training images: an image then has no part in the centroid that it is compared with, and
/// they are where training put the classes. Figures are computed in float64 on the CPU.
/// </remarks>
/// <param name="model">Lives on <paramref name="device"/>; its mode and gradients are left as they are.</param>
/// <param name="norm">Of the ball: Linf or L2.</param>
/// <param name="epsilon">Radius of the ball, in pixel units.</param>
/// <param name="seed">Of all random draws.</param>
public sealed class FeatureAnalyzer(ImageClassifier model, AttackNorm norm, double epsilon, ulong seed, Device device)
{
    /// <summary>Name of the attack that makes the adversarial images.</summary>
    public const string Attack = "pgd-20";

    private const int BatchSize = 64;

    private static readonly PgdAttackOptions s_attack = new();

    private readonly Pgd _pgd = new(new PgdOptions { Norm = norm, Epsilon = epsilon, StepSize = s_attack.RelativeStepSize * epsilon, Steps = s_attack.Steps });
    private readonly LocalLipschitz _lipschitz = new(norm, epsilon);

    /// <summary>Analyzes images.</summary>
    /// <param name="images">What to look at; at least two.</param>
    /// <param name="centroidImages">Other images of the same classes, each class among them.</param>
    /// <param name="report">Called from time to time with the share of the work that is done; on this thread.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="InvalidDataException">The features are not finite.</exception>
    public FeatureSpace Analyze(ImageBatch images, ImageBatch centroidImages, DatasetDescription dataset, Action<double> report, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var frozen = new FrozenWeights(model, training: false);
        using var noGradients = no_grad();

        var trained = Look(centroidImages, (batch, pixels) => pixels, (_, _) => { }, cancellation);
        var centroids = ClassCentroids.Fit(trained.Features, centroidImages.LabelsTensor(CPU), dataset.Classes);

        var (featureRatios, logitRatios) = (new List<double>(), new List<double>());
        var clean = Look(images, (_, pixels) => pixels, (_, _) => { }, cancellation);
        var adversarial = Look(
            images,
            Perturb,
            (batch, done) =>
            {
                var pixels = batch.ToTensor(device);
                featureRatios.AddRange(_lipschitz.Estimate(x => Unit(model.Features(x)), 2, pixels, batch.SampleIds, DrawSeed(2)));
                logitRatios.AddRange(_lipschitz.Estimate(model.call, 1, pixels, batch.SampleIds, DrawSeed(3)));
                report((double)done / images.Count);
            },
            cancellation);

        var labels = images.LabelsTensor(CPU);
        var plane = PrincipalPlane.Fit(clean.Features);
        return new FeatureSpace
        {
            Clean = Figures(clean.Features, clean.IsRight, labels, centroids),
            Adversarial = Figures(adversarial.Features, adversarial.IsRight, labels, centroids),
            Shift = FeaturePairs.Alignment(clean.Features, adversarial.Features),
            FeatureLipschitz = featureRatios.Average(),
            LogitLipschitz = logitRatios.Average(),
            Projection = new FeatureProjection(
                plane.Explained, dataset.ClassNames, [.. images.Labels.Select(label => (int)label)], Coordinates(plane, clean.Features), Coordinates(plane, adversarial.Features)),
        };
    }

    private static FeatureFigures Figures(Tensor features, bool[] isRight, Tensor labels, Tensor centroids)
    {
        using var scope = NewDisposeScope();
        var margins = Doubles(ClassCentroids.Margins(features, labels, centroids));
        var errors = margins.Zip(isRight, (margin, right) => (IsMisaligned: margin < 0, Error: right ? 0.0 : 1.0)).ToLookup(sample => sample.IsMisaligned, sample => (double?)sample.Error);
        return new FeatureFigures
        {
            Accuracy = isRight.Average(right => right ? 1.0 : 0.0),
            NearestOther = margins.Average(margin => margin < 0 ? 1.0 : 0.0),
            MisalignedErrors = errors[true].Average(),
            AlignedErrors = errors[false].Average(),
            CentroidMargin = margins.Average(),
            Alignment = Finite(FeaturePairs.ClassAlignment(features, labels)),
            Uniformity = FeaturePairs.Uniformity(features),
            ScatterRatio = Finite(ClassCentroids.ScatterRatio(features, labels)),
        };
    }

    /// <summary>Features of images after a change, [image, dim] of unit length in float64 on the CPU, and whether the model is right on each.</summary>
    private (Tensor Features, bool[] IsRight) Look(ImageBatch images, Func<ImageBatch, Tensor, Tensor> change, Action<ImageBatch, int> looked, CancellationToken cancellation)
    {
        var features = new List<Tensor>();
        var isRight = new List<bool>();
        for (var start = 0; start < images.Count; start += BatchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var batch = images.Slice(start, Math.Min(BatchSize, images.Count - start));
            var found = model.Features(change(batch, batch.ToTensor(device)));
            if (!found.isfinite().all().item<bool>())
            {
                throw new InvalidDataException("The model's features are not finite: its weights are damaged or its training diverged, so there is nothing to analyze.");
            }

            var predictions = model.Logits(found).argmax(1);
            isRight.AddRange(MemoryMarshal.Cast<byte, bool>(predictions.eq(batch.LabelsTensor(device)).cpu().bytes));
            features.Add(Unit(found.to(ScalarType.Float64).cpu()).MoveToOuterDisposeScope());
            looked(batch, start + batch.Count);
        }

        return (cat(features), [.. isRight]);
    }

    private Tensor Perturb(ImageBatch batch, Tensor images)
    {
        using var scope = NewDisposeScope();
        var labels = batch.LabelsTensor(device);
        var start = SampleNoise.StartInBall(images, batch.SampleIds, norm, epsilon, DrawSeed(1));
        return _pgd.Perturb(x => functional.cross_entropy(model.call(x), labels, reduction: Reduction.Sum), images, start).MoveToOuterDisposeScope();
    }

    private ulong DrawSeed(ulong use) => Seed.Derive(seed, (ulong)SeedUse.EvaluationAttack, use);

    private static Tensor Unit(Tensor features) => functional.normalize(features);

    private static double[] Coordinates(PrincipalPlane plane, Tensor features)
    {
        using var scope = NewDisposeScope();
        return Array.ConvertAll(Doubles(plane.Project(features)), value => Math.Round(value, 4));   // Finer than any picture.
    }

    private static double[] Doubles(Tensor values) => MemoryMarshal.Cast<byte, double>(values.contiguous().bytes).ToArray();

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
