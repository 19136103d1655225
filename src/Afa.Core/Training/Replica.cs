using Afa.Compute;
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
    /// <exception cref="NotSupportedException">The device cannot compute as the options ask.</exception>
    public Replica(TrainingOptions options, ICollective collective, Device device)
    {
        using var scope = NewDisposeScope();
        Options = options;
        Collective = collective;
        Device = device;
        Model = CreateModel(options, collective, device);
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

    /// <summary>Whether the model computes the same in training, in evaluation and in the attack, whatever batch norm does there.</summary>
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

    /// <summary>Passes the step's clean images through the model, by the batch norms that are theirs.</summary>
    public Tensor OnClean(TrainingStep step, Func<Tensor, Tensor> pass)
    {
        Model.Mode.UsesAuxiliary = Options.Normalization.Separate;
        try
        {
            return pass(step.Images);
        }
        finally
        {
            Model.Mode.UsesAuxiliary = false;
        }
    }

    /// <summary>Penultimate features as the attack sees them, without a gradient.</summary>
    public Tensor FrozenFeatures(Tensor images)
    {
        using var frozen = new FrozenWeights(Model, Attack.Normalization);
        using var noGradients = no_grad();
        return Model.Features(images);
    }

    /// <summary>Logits as the attack sees them, without a gradient.</summary>
    public Tensor FrozenLogits(Tensor images)
    {
        using var frozen = new FrozenWeights(Model, Attack.Normalization);
        using var noGradients = no_grad();
        return Model.call(images);
    }

    private static ImageClassifier CreateModel(TrainingOptions options, ICollective collective, Device device)
    {
        if (options.Compute == ComputePrecision.Bfloat16)
        {
            Bfloat16Support.Require(device);
        }

        var isSynchronized = options.Normalization.Synchronized && collective.Count > 1;
        if (isSynchronized && device.type != DeviceType.CPU)
        {
            // A GPU's backward passes share one thread of the process, on which two trainers would wait for each other for ever.
            throw new NotSupportedException($"Synchronized batch norm is for trainers on the CPU, not on {device}. Use one trainer, or group norm.");
        }

        var model = ModelRegistry.Create(options.ModelOptions(), options.Seed, options.WeightInitialization());
        model.to(device);
        model.Compute = options.Compute;
        model.Replicas = isSynchronized ? new ReplicaStatistics(collective.Count, collective.AllGather) : null;
        return model;
    }
}
