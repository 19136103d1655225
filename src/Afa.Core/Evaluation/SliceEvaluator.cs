using System.Diagnostics;
using Afa.Attacks;
using Afa.Compute;
using Afa.Data;
using Afa.Models;
using Afa.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Evaluation;

/// <summary>Runs attacks on a batch of test images, each from the clean image and on every image that the model gets right.</summary>
/// <remarks>An image that is wrong before an attack stays wrong: the attacker need not change it.</remarks>
public sealed class SliceEvaluator(ImageClassifier model, DatasetDescription dataset, AttackNorm norm, double epsilon, ulong seed)
{
    /// <summary>Name of the result without an attack.</summary>
    public const string Clean = "clean";

    /// <summary>Evaluates one slice.</summary>
    /// <param name="start">Position of the first image in the evaluation.</param>
    /// <param name="attacks">In the order in which they run; the last one makes the examples.</param>
    /// <param name="examples">How many images to keep for the report.</param>
    public SliceOutcome Evaluate(int start, ImageBatch batch, IReadOnlyList<EvaluationAttack> attacks, int examples, Device device)
    {
        using var scope = NewDisposeScope();
        using var frozen = new FrozenWeights(model, training: false);
        using var noGradients = no_grad();

        var images = batch.ToTensor(device);
        var labels = batch.LabelsTensor(device);
        var correct = new Dictionary<string, IReadOnlyList<bool>>();
        var seconds = new Dictionary<string, double>();

        var clock = Stopwatch.StartNew();
        var cleanPredictions = model.call(images).argmax(1);
        var cleanCorrect = Flags(cleanPredictions.eq(labels));
        correct[Clean] = cleanCorrect;
        seconds[Clean] = clock.Elapsed.TotalSeconds;

        var standing = Enumerable.Range(0, batch.Count).Where(i => cleanCorrect[i]).ToArray();
        var attacked = images;
        foreach (var attack in attacks)
        {
            clock.Restart();
            using var attackScope = NewDisposeScope();
            var robust = new bool[batch.Count];
            attacked = images.clone();
            if (standing.Length > 0)
            {
                var rows = tensor(standing.Select(i => (long)i).ToArray(), device: device);
                var (clean, truth) = (images.index_select(0, rows), labels.index_select(0, rows));
                var ids = standing.Select(i => batch.SampleIds[i]).ToArray();
                var adversarial = Attack(attack, clean, truth, ids);
                var stillCorrect = Flags(model.call(adversarial).argmax(1).eq(truth));
                for (var i = 0; i < standing.Length; i++)
                {
                    robust[standing[i]] = stillCorrect[i];
                }

                attacked.index_copy_(0, rows, adversarial);
            }

            attacked = attacked.MoveToOuterDisposeScope();
            correct[attack.Name] = robust;
            seconds[attack.Name] = clock.Elapsed.TotalSeconds;
        }

        return new SliceOutcome
        {
            Start = start,
            SampleIds = batch.SampleIds,
            Labels = [.. batch.Labels.Select(label => (int)label)],
            Correct = correct,
            Seconds = seconds,
            Examples = Examples(batch, standing, attacked, examples),
        };
    }

    private Tensor Attack(EvaluationAttack attack, Tensor images, Tensor labels, int[] sampleIds)
    {
        var noise = Seed.Derive(seed, (ulong)SeedUse.EvaluationAttack, (ulong)attack.Steps);
        var start = attack.StartsAtRandom ? SampleNoise.StartInBall(images, sampleIds, norm, epsilon, noise) : null;
        return new Pgd(attack.At(norm, epsilon)).Perturb(x => functional.cross_entropy(model.call(x), labels, reduction: Reduction.Sum), images, start);
    }

    /// <summary>Shows one image of each class first, then more of what there is.</summary>
    private List<ExampleImage> Examples(ImageBatch batch, int[] standing, Tensor attacked, int count)
    {
        using var scope = NewDisposeScope();
        var chosen = standing.GroupBy(i => batch.Labels[i]).SelectMany(group => group.Select((row, rank) => (row, rank)))
            .OrderBy(entry => entry.rank).ThenBy(entry => batch.Labels[entry.row]).Take(count).Select(entry => entry.row);
        var predictions = model.call(attacked).argmax(1).cpu();
        var result = new List<ExampleImage>();
        foreach (var row in chosen)
        {
            var clean = batch.Pixels.AsSpan(row * batch.ImageSize, batch.ImageSize).ToArray();
            var adversarial = Floats(attacked.select(0, row));
            var label = dataset.ClassNames[(int)batch.Labels[row]];
            result.Add(new ExampleImage(
                batch.SampleIds[row], batch.Channels, batch.Height, batch.Width,
                clean,
                [.. clean.Zip(adversarial, (before, after) => (byte)Math.Clamp(Math.Round(128 + 127 * (after - before / 255.0) / epsilon), 0, 255))],
                [.. adversarial.Select(value => (byte)Math.Round(value * 255))],
                label, label, dataset.ClassNames[(int)predictions[row].item<long>()]));
        }

        return result;
    }

    private static bool[] Flags(Tensor flags)
    {
        using var scope = NewDisposeScope();
        return [.. flags.to(ScalarType.Byte).cpu().bytes.ToArray().Select(flag => flag != 0)];
    }

    private static float[] Floats(Tensor values)
    {
        using var scope = NewDisposeScope();
        return System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(values.cpu().contiguous().bytes).ToArray();
    }
}
