using Afa.Attacks;
using Afa.Compute;
using Afa.Data;
using Afa.Losses;
using Afa.Models;
using static TorchSharp.torch;

namespace Afa.Training;

/// <summary>
/// Judges a model in training by held-out images: PGD from a random start on <see cref="MarginLoss"/>, as Wang et al. 2023 (arXiv:2302.04638,
/// DM-Improves-AT) choose their best model.
/// </summary>
/// <remarks>
/// The last iterate is judged, as there. Departures: their loss is clamped, −Σ max(z_y − max_{i≠y} z_i, 0), and has no gradient where an image is
/// misclassified, while here the margin keeps one, so that a later step does not fall back over the boundary. Images that are wrong without an
/// attack are not attacked, and count as broken.
/// </remarks>
public static class RobustValidation
{
    /// <summary>Counts the images that a model gets right, and gets right under the attack too.</summary>
    /// <param name="model">Comes back as it was; runs in evaluation mode and in float32 meanwhile, as in an evaluation.</param>
    /// <param name="batch">Some held-out images.</param>
    /// <param name="options">Of the run: its threat model, step size and <see cref="TrainingOptions.Validation"/>.</param>
    /// <param name="epoch">From 0; the random starts depend on seed, epoch and sample alone.</param>
    /// <param name="device">Where the model lives.</param>
    public static ValidationCounts Count(ImageClassifier model, ImageBatch batch, TrainingOptions options, int epoch, Device device)
    {
        using var frozen = new FrozenWeights(model, training: false);
        var compute = model.Compute;
        model.Compute = ComputePrecision.Float32;
        try
        {
            return CountFrozen(model, batch, options, epoch, device);
        }
        finally
        {
            model.Compute = compute;
        }
    }

    private static ValidationCounts CountFrozen(ImageClassifier model, ImageBatch batch, TrainingOptions options, int epoch, Device device)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var (images, labels) = (batch.ToTensor(device), batch.LabelsTensor(device));

        var isWrong = Misclassification.Of(model, images, labels, batch.Count);
        var correct = Enumerable.Range(0, batch.Count).Where(i => !isWrong[i]).ToArray();
        if (correct.Length == 0)
        {
            return new ValidationCounts(batch.Count, CleanCorrect: 0, RobustCorrect: 0);
        }

        var rows = tensor(correct.Select(row => (long)row).ToArray(), device: device);
        var (attacked, truth) = (images.index_select(0, rows), labels.index_select(0, rows));
        var epsilon = options.AttackEpsilon();
        var pgd = new Pgd(new PgdOptions
        {
            Norm = options.Attack.Norm,
            Epsilon = epsilon,
            StepSize = options.Attack.RelativeStepSize * epsilon,
            Steps = options.Validation.Steps,
        });
        var start = SampleNoise.StartInBall(
            attacked, correct.Select(row => batch.SampleIds[row]).ToArray(), options.Attack.Norm, epsilon,
            Seed.Derive(options.Seed, (ulong)SeedUse.ValidationAttack, (ulong)epoch));
        var adversarial = pgd.Perturb(x => MarginLoss.PerSample(model.call(x), truth).sum(), attacked, start);
        return new ValidationCounts(batch.Count, correct.Length, Misclassification.Of(model, adversarial, truth, correct.Length).Count(wrong => !wrong));
    }
}

/// <summary>How many held-out images a model gets right.</summary>
/// <param name="RobustCorrect">Of those, with and without the attack.</param>
public sealed record ValidationCounts(int Images, int CleanCorrect, int RobustCorrect);
