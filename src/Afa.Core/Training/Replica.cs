using Afa.Models;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Training;

/// <summary>What a training method works with: the replica's model, its attack, and the way to the other replicas.</summary>
internal sealed class Replica
{
    /// <param name="options">Valid options; every replica gets the same.</param>
    /// <param name="collective">Connects the replicas.</param>
    /// <param name="device">Where tensors live.</param>
    public Replica(TrainingOptions options, ICollective collective, Device device)
    {
        using var scope = NewDisposeScope();
        Options = options;
        Collective = collective;
        Device = device;
        Model = ModelRegistry.Create(options.ModelOptions(), options.Seed);
        Model.to(device);
        BatchStatistics = [.. Model.named_buffers()
            .Where(entry => entry.buffer.is_floating_point() && entry.name.Contains("running_", StringComparison.Ordinal))
            .Select(entry => entry.buffer)];
        scope.Detach(BatchStatistics);
        Attack = new InnerAttack(Model, options);
        Exchange = new FeatureExchange(collective, device);
    }

    public TrainingOptions Options { get; }

    public ICollective Collective { get; }

    public Device Device { get; }

    public ImageClassifier Model { get; }

    /// <summary>Running means and variances of batch norm; empty for a model without.</summary>
    public IReadOnlyList<Tensor> BatchStatistics { get; }

    /// <summary>Whether the model computes the same in training and in evaluation mode.</summary>
    public bool IsSameInEvaluation => BatchStatistics.Count == 0;

    public InnerAttack Attack { get; }

    public FeatureExchange Exchange { get; }

    /// <summary>Images of the step over all replicas.</summary>
    public long GlobalBatch(TrainingStep step) => (long)step.Count * Collective.Count;

    /// <summary>The own images' part of the mean cross-entropy of the global batch, with label smoothing.</summary>
    public Tensor CrossEntropy(Tensor logits, TrainingStep step)
    {
        var sum = functional.cross_entropy(logits, step.Labels, reduction: Reduction.Sum, label_smoothing: Options.LabelSmoothing);
        step.Clock.Book(StepClock.Forward);
        return sum / GlobalBatch(step);
    }

    /// <summary>Penultimate features in evaluation mode, without a gradient.</summary>
    public Tensor FrozenFeatures(Tensor images)
    {
        using var frozen = new FrozenWeights(Model, training: false);
        using var noGradients = no_grad();
        return Model.Features(images);
    }

    /// <summary>Logits in evaluation mode, without a gradient.</summary>
    public Tensor FrozenLogits(Tensor images)
    {
        using var frozen = new FrozenWeights(Model, training: false);
        using var noGradients = no_grad();
        return Model.call(images);
    }
}
