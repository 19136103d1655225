using System.ComponentModel.DataAnnotations;
using Afa.Compute;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Attacks;

/// <summary>Projected gradient ascent on the cross-entropy: Madry et al. 2018 (arXiv:1706.06083), section 2.1. Untargeted, in Linf and L2.</summary>
/// <remarks>
/// The last iterate of each restart is judged, as PGD-20 of the literature does, not the worst iterate on the way.
/// One step of length epsilon without a random start is FGSM of Goodfellow et al. 2015 (arXiv:1412.6572), equation 1.
/// </remarks>
public sealed class PgdAttack : IAttack
{
    private readonly PgdAttackOptions _options;

    /// <exception cref="ValidationException">An option is out of range.</exception>
    public PgdAttack(PgdAttackOptions options)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        _options = options;
    }

    /// <inheritdoc/>
    public AttackOutcome Run(AttackInput input) =>
        Run(input, _options, (images, labels) => functional.cross_entropy(input.Model.call(images), labels, reduction: Reduction.Sum));

    /// <summary>Ascends another objective in the same way.</summary>
    /// <param name="objective">Maps images and labels to a scalar whose terms depend on one image each.</param>
    internal static AttackOutcome Run(AttackInput input, PgdAttackOptions options, Func<Tensor, Tensor, Tensor> objective)
    {
        if (input.Norm is not (AttackNorm.Linf or AttackNorm.L2))
        {
            throw new ArgumentException($"Pgd works in Linf and L2, not in {input.Norm}; for L1 use apgd-ce.", nameof(input));
        }

        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var pgd = new Pgd(new PgdOptions { Norm = input.Norm, Epsilon = input.Epsilon, StepSize = options.RelativeStepSize * input.Epsilon, Steps = options.Steps });
        var adversarial = input.Images.clone();
        var standing = Enumerable.Range(0, (int)input.Images.shape[0]).ToArray();
        for (var restart = 0; restart < options.Restarts; restart++)
        {
            var isLast = restart == options.Restarts - 1;
            var withstood = new List<int>();
            foreach (var samples in standing.Chunk(input.BatchSize))
            {
                using var chunkScope = NewDisposeScope();
                var rows = Index(samples, adversarial.device);
                var (images, labels) = (input.Images.index_select(0, rows), input.Labels.index_select(0, rows));
                var seed = restart == 0 ? input.Seed : Seed.Derive(input.Seed, 2, (ulong)restart);
                var start = options.StartsAtRandom
                    ? SampleNoise.StartInBall(images, samples.Select(i => input.SampleIds[i]).ToArray(), input.Norm, input.Epsilon, seed)
                    : null;
                var last = pgd.Perturb(
                    x =>
                    {
                        input.Cancellation.ThrowIfCancellationRequested();
                        return objective(x, labels);
                    },
                    images,
                    start);

                var isBroken = Misclassification.Of(input.Model, last, labels, input.BatchSize);
                var broken = Enumerable.Range(0, samples.Length).Where(i => isBroken[i]).ToArray();
                adversarial.index_copy_(0, Index([.. broken.Select(i => samples[i])], adversarial.device), last.index_select(0, Index(broken, adversarial.device)));
                withstood.AddRange(samples.Where((_, i) => !isBroken[i]));
                input.Finished?.Invoke(isLast ? samples.Length : broken.Length, broken.Length);
            }

            standing = [.. withstood];
        }

        return new AttackOutcome(adversarial.MoveToOuterDisposeScope());
    }

    private static Tensor Index(int[] rows, Device device) => tensor(rows.Select(row => (long)row).ToArray(), device: device);
}
