using Afa.Attacks;
using Afa.Checkpoints;
using Afa.Data;
using Afa.Evaluation;
using Afa.Federation.Attackers;
using Afa.Models;
using Afa.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Afa.Federation;

/// <summary>A participant's own evaluation of a model, of which only counts come out.</summary>
public static class ParticipantJudge
{
    private const int ReferenceImages = 256;
    private const int BatchSize = 64;

    /// <summary>Counts how many of a participant's test images a model gets right, clean and under each cascade. Call it on the thread of the device slot.</summary>
    /// <param name="model">Of the federation or from elsewhere, for images of the same shape.</param>
    /// <param name="own">The participant's own layers under FedBN, which replace the global ones of the federation's models; else null.</param>
    /// <param name="test">The data set that the participant's images are in.</param>
    /// <param name="indices">The participant's test images.</param>
    /// <returns>Counts with those of fewer images than <see cref="FederatedEvaluationOptions.MinimumCount"/> kept back (<see cref="SmallCounts"/>).</returns>
    /// <remarks>Norm and radius are those of the training attack. The draws of the attacks depend on the federation's seed and the sample.</remarks>
    /// <exception cref="ParticipantException">The participant has fewer images than the minimum count.</exception>
    /// <exception cref="ArgumentException">The model takes other images or classes.</exception>
    public static ParticipantCounts Judge(FederationOptions options, Checkpoint model, Checkpoint? own, ImageDataset test, int[] indices, Device device, CancellationToken cancellation)
    {
        var minimum = options.Evaluation.MinimumCount;
        if (indices.Length < minimum)
        {
            throw new ParticipantException($"The participant has fewer than {minimum} test images, and counts of so few do not leave its silo (Evaluation.MinimumCount).");
        }

        RequireFit(model.State.ModelOptions, test.Description);
        using var scope = NewDisposeScope();
        using var classifier = ModelRegistry.Create(model.State.ModelOptions, seed: 0);
        classifier.LoadWeights(LocalTraining.WithOwnLayers(options, model, own).ToDictionary(entry => entry.Key, entry => entry.Value.ToTensor()));
        classifier.to(device);

        var batch = test.Select(indices);
        var cascades = AttackCascade.Parse(options.Evaluation.Attacks, options.Training.Attack.Norm);
        var evaluation = new EvaluationOptions { Attacks = options.Evaluation.Attacks, Norm = options.Training.Attack.Norm, BatchSize = BatchSize, Seed = options.Training.Seed };
        var reference = batch.Slice(0, Math.Min(ReferenceImages, batch.Count));
        var evaluator = new UnitEvaluator(classifier, test.Description, cascades, evaluation, new Dictionary<string, ImageClassifier>(), reference, device);
        var unit = new EvaluationUnit(Checkpoint: 0, Epsilon: 0, Start: 0, batch.Count);
        var (outcome, _) = evaluator.Evaluate(unit, batch, options.Training.AttackEpsilon(), examples: 0, _ => { }, cancellation);

        var attacks = RobustAccuracy.Pool([outcome], cascades, test.Description).Select(result => Counts(result, minimum)).ToList();
        var counts = new ParticipantCounts(batch.Count, attacks);
        return options.Attackers is { Count: > 0, Kind: AttackerKind.Backdoor } ? WithBackdoor(counts, options, classifier, batch, device) : counts;
    }

    private static void RequireFit(ModelOptions model, DatasetDescription dataset)
    {
        if ((model.Classes, model.Channels, model.Height, model.Width) != (dataset.Classes, dataset.Channels, dataset.Height, dataset.Width))
        {
            throw new ArgumentException(
                $"The model is for {model.Classes} classes of {model.Channels}x{model.Height}x{model.Width} images, but {dataset.Title} has {dataset.Classes} of {dataset.Channels}x{dataset.Height}x{dataset.Width}.",
                nameof(model));
        }
    }

    private static AttackCounts Counts(AttackResult result, int minimum)
    {
        var shown = SmallCounts.Shown([.. result.Classes.Select(one => one.Total)], minimum);
        return new(result.Attack, result.Correct, [.. result.Classes.Select((one, label) => shown[label] ? new ClassCounts(one.Correct, one.Total) : null)]);
    }

    /// <summary>Images of the target class say nothing of a backdoor, so they are left out.</summary>
    private static ParticipantCounts WithBackdoor(ParticipantCounts counts, FederationOptions options, ImageClassifier classifier, ImageBatch batch, Device device)
    {
        var target = options.Attackers.BackdoorTarget;
        var others = Enumerable.Range(0, batch.Count).Where(i => batch.Labels[i] != target).ToArray();
        if (others.Length < options.Evaluation.MinimumCount)
        {
            return counts;
        }

        using var frozen = new FrozenWeights(classifier, training: false);
        using var noGradients = no_grad();
        var hits = 0L;
        foreach (var rows in others.Chunk(BatchSize))
        {
            using var scope = NewDisposeScope();
            hits += classifier.call(PoisonedImages.WithTrigger(batch.Select(rows)).ToTensor(device)).argmax(1).eq(target).sum().item<long>();
        }

        return counts with { BackdoorHits = (int)hits, BackdoorImages = others.Length };
    }
}
