using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Afa.Attacks;
using Afa.Compute;
using Afa.Data;
using Afa.Models;
using Afa.Training;
using static TorchSharp.torch;

namespace Afa.Evaluation;

/// <summary>Runs cascades of attacks on test images, each from the clean image and on every image that the model gets right.</summary>
/// <remarks>
/// An image that is wrong before an attack stays wrong: the attacker need not change it. Whether an image is broken is judged by the
/// model on the image that the attack returned, not by what the attack believes.
/// </remarks>
/// <param name="model">Lives on <paramref name="device"/>.</param>
/// <param name="sources">Models for transfer attacks, by checkpoint name.</param>
/// <param name="reference">Images that attacks in feature space compare with; the same for all units.</param>
public sealed class UnitEvaluator(
    ImageClassifier model,
    DatasetDescription dataset,
    IReadOnlyList<AttackCascade> cascades,
    EvaluationOptions options,
    IReadOnlyDictionary<string, ImageClassifier> sources,
    ImageBatch reference,
    Device device)
{
    /// <summary>Evaluates one unit.</summary>
    /// <param name="epsilon">The unit's radius.</param>
    /// <param name="examples">How many images to keep for the report.</param>
    /// <param name="report">Called from time to time with how far the unit is; on this thread.</param>
    /// <param name="cancellation">Ends the work with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The record, and for each image the first adversarial one in the ball, or itself: float32, [batch, channel, height, width].</returns>
    public (UnitOutcome Outcome, float[] Adversarial) Evaluate(EvaluationUnit unit, ImageBatch batch, double epsilon, int examples, Action<UnitProgress> report, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var frozen = new FrozenWeights(model, training: false);
        using var noGradients = no_grad();
        using var frozenSources = new FrozenSources(sources.Values);

        var images = batch.ToTensor(device);
        var labels = batch.LabelsTensor(device);
        var clock = Stopwatch.StartNew();
        report(new UnitProgress(RobustAccuracy.Clean, [], 0));
        var predictions = Predict(images);
        RequireFinite(images);
        var cleanSeconds = clock.Elapsed.TotalSeconds;

        var right = Enumerable.Range(0, batch.Count).Where(i => predictions[i] == batch.Labels[i]).ToArray();
        var worst = images.clone();
        var isBroken = new bool[batch.Count];
        var outcomes = new List<CascadeOutcome>();
        var progress = new WorkEstimate(cascades, right.Length, report);
        var references = new LabeledImages(reference.ToTensor(device), reference.LabelsTensor(device));
        for (var c = 0; c < cascades.Count; c++)
        {
            outcomes.Add(Run(c, images, labels, batch.SampleIds, right, epsilon, references, progress, worst, isBroken, cancellation));
        }

        var outcome = new UnitOutcome
        {
            Unit = unit,
            SampleIds = batch.SampleIds,
            Labels = [.. batch.Labels.Select(label => (int)label)],
            Predictions = predictions,
            CleanSeconds = cleanSeconds,
            Cascades = outcomes,
            Warnings = unit.Start == 0 ? ModelChecks.Inspect(model, images, labels) : [],
            Examples = examples == 0 ? [] : Examples(batch, right, worst, epsilon, examples),
        };
        return (outcome, options.SaveAdversarial ? Floats(worst) : []);
    }

    private CascadeOutcome Run(
        int index, Tensor images, Tensor labels, int[] sampleIds, int[] right, double epsilon, LabeledImages references, WorkEstimate progress, Tensor worst, bool[] isBroken, CancellationToken cancellation)
    {
        var cascade = cascades[index];
        var brokenBy = new int?[sampleIds.Length];
        var norms = new double[sampleIds.Length];
        var seconds = new double[cascade.Stages.Count];
        double?[]? distances = null;
        var zeroGradients = 0;
        var standing = right;
        for (var s = 0; s < cascade.Stages.Count; s++)
        {
            progress.Begin(index, s, standing.Length);
            if (standing.Length == 0)
            {
                continue;
            }

            using var scope = NewDisposeScope();
            var clock = Stopwatch.StartNew();
            var stage = cascade.Stages[s];
            var rows = Rows(standing);
            var clean = images.index_select(0, rows);
            var found = stage.Attack.Run(new AttackInput
            {
                Model = model,
                Images = clean,
                Labels = labels.index_select(0, rows),
                SampleIds = [.. standing.Select(i => sampleIds[i])],
                Norm = options.Norm,
                Epsilon = epsilon,
                Seed = Seed.Derive(options.Seed, (ulong)SeedUse.EvaluationAttack, NameSeed(stage.Name)),
                BatchSize = options.BatchSize,
                Reference = references,
                Source = stage.Description.SourceCheckpoint is { } source ? sources[source] : null,
                Finished = progress.Finish,
                Passed = progress.Pass,
                Cancellation = cancellation,
            });
            var predictions = Predict(found.Adversarial);
            var sizes = Floats(PerturbationNorm.Of(found.Adversarial - clean, options.Norm));
            var truth = Longs(labels.index_select(0, rows));
            var broken = Enumerable.Range(0, standing.Length).Where(i => predictions[i] != truth[i]).ToArray();
            var slack = PerturbationNorm.Slack(options.Norm, epsilon, clean.numel() / standing.Length);
            foreach (var i in broken)
            {
                if (cascade.IsInBall && !(sizes[i] <= epsilon + slack))
                {
                    throw new InvalidOperationException($"The attack '{stage.Name}' returned a perturbation of {options.Norm} norm {sizes[i]} for sample {sampleIds[standing[i]]}, outside the ball of radius {epsilon}.");
                }

                brokenBy[standing[i]] = s;
                norms[standing[i]] = cascade.IsInBall ? sizes[i] : 0;
            }

            // The first attack within the ball that broke an image gives its adversarial image.
            var news = cascade.IsInBall ? broken.Where(i => !isBroken[standing[i]]).ToArray() : [];
            if (news.Length > 0)
            {
                worst.index_copy_(0, Rows([.. news.Select(i => standing[i])]), found.Adversarial.index_select(0, Rows(news)));
                foreach (var i in news)
                {
                    isBroken[standing[i]] = true;
                }
            }

            if (found.Distances is { } measured)
            {
                distances ??= new double?[sampleIds.Length];
                for (var i = 0; i < standing.Length; i++)
                {
                    distances[standing[i]] = Smaller(distances[standing[i]], double.IsFinite(measured[i]) ? measured[i] : null);
                }
            }

            zeroGradients += found.ZeroGradients;
            standing = [.. standing.Where(i => brokenBy[i] is null)];
            seconds[s] = clock.Elapsed.TotalSeconds;
        }

        for (var i = 0; distances is not null && i < distances.Length; i++)
        {
            distances[i] = Smaller(distances[i], norms[i] > 0 ? norms[i] : null);   // Another stage of the cascade may have come nearer.
        }

        progress.End(index, standing.Length);
        return new CascadeOutcome { Attack = cascade.Name, BrokenBy = brokenBy, Norms = norms, Distances = distances, StageSeconds = seconds, ZeroGradients = zeroGradients };
    }

    private static double? Smaller(double? a, double? b) => a is null || b < a ? b ?? a : a;

    /// <summary>FNV-1a (Fowler, Noll and Vo): the same on every machine and for ever, unlike string.GetHashCode.</summary>
    private static ulong NameSeed(string name)
    {
        var hash = 14695981039346656037;
        foreach (var value in Encoding.UTF8.GetBytes(name))
        {
            hash = unchecked((hash ^ value) * 1099511628211);
        }

        return hash;
    }

    /// <summary>The class of logits that are no numbers is arbitrary, and no attack can tell whether it comes nearer.</summary>
    private void RequireFinite(Tensor images)
    {
        using var scope = NewDisposeScope();
        if (!model.call(images.narrow(0, 0, Math.Min(options.BatchSize, images.shape[0]))).isfinite().all().item<bool>())
        {
            throw new InvalidDataException("The model's logits are not finite: its weights are damaged or its training diverged, so there is nothing to evaluate.");
        }
    }

    private int[] Predict(Tensor images)
    {
        var count = (int)images.shape[0];
        var predictions = new int[count];
        for (var start = 0; start < count; start += options.BatchSize)
        {
            using var scope = NewDisposeScope();
            var chunk = Longs(model.call(images.narrow(0, start, Math.Min(options.BatchSize, count - start))).argmax(1));
            for (var i = 0; i < chunk.Length; i++)
            {
                predictions[start + i] = (int)chunk[i];
            }
        }

        return predictions;
    }

    /// <summary>Shows one image of each class first, broken ones before others, then more of what there is.</summary>
    private List<ExampleImage> Examples(ImageBatch batch, int[] right, Tensor worst, double epsilon, int count)
    {
        using var scope = NewDisposeScope();
        var predictions = Predict(worst);
        var chosen = right.OrderBy(i => predictions[i] == batch.Labels[i]).GroupBy(i => batch.Labels[i]).SelectMany(group => group.Select((row, rank) => (row, rank)))
            .OrderBy(entry => entry.rank).ThenBy(entry => batch.Labels[entry.row]).Take(count).Select(entry => entry.row);
        var result = new List<ExampleImage>();
        foreach (var row in chosen)
        {
            var clean = batch.Pixels.AsSpan(row * batch.ImageSize, batch.ImageSize).ToArray();
            var adversarial = Floats(worst.select(0, row));
            var change = clean.Zip(adversarial, (before, after) => after - before / 255.0).ToArray();
            var scale = options.Norm == AttackNorm.Linf ? epsilon : Math.Max(1e-12, change.Max(Math.Abs));
            var label = dataset.ClassNames[(int)batch.Labels[row]];
            result.Add(new ExampleImage(
                batch.SampleIds[row], batch.Channels, batch.Height, batch.Width,
                clean,
                [.. change.Select(value => (byte)Math.Clamp(Math.Round(128 + 127 * value / scale), 0, 255))],
                [.. adversarial.Select(value => (byte)Math.Round(value * 255))],
                label, label, dataset.ClassNames[predictions[row]]));
        }

        return result;
    }

    private Tensor Rows(int[] rows) => tensor(rows.Select(row => (long)row).ToArray(), device: device);

    private static float[] Floats(Tensor values)
    {
        using var scope = NewDisposeScope();
        return MemoryMarshal.Cast<byte, float>(values.to(ScalarType.Float32).cpu().contiguous().bytes).ToArray();
    }

    private static long[] Longs(Tensor values)
    {
        using var scope = NewDisposeScope();
        return MemoryMarshal.Cast<byte, long>(values.cpu().contiguous().bytes).ToArray();
    }

    /// <summary>Freezes the models that transfer attacks take gradients from.</summary>
    private sealed class FrozenSources(IEnumerable<ImageClassifier> models) : IDisposable
    {
        private readonly List<FrozenWeights> _frozen = [.. models.Select(model => new FrozenWeights(model, training: false))];

        public void Dispose() => _frozen.ForEach(frozen => frozen.Dispose());
    }
}
