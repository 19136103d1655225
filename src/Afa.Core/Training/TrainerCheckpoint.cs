using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Afa.Checkpoints;
using Afa.Models;
using static TorchSharp.torch;

namespace Afa.Training;

/// <summary>Moves a replica's state into a checkpoint and back. Both run on the replica's thread.</summary>
public static class TrainerCheckpoint
{
    private const string VelocitySuffix = ".momentum";
    private const string UnaveragedSuffix = ".unaveraged";
    private const string ResidualSuffix = ".residual";

    /// <summary>Copies the weights as they are to be evaluated, and momentum. Weights under training that differ from those, as they are averaged, go beside the momentum, and so do the replicas' residuals, if they were gathered.</summary>
    public static Checkpoint Capture(Trainer trainer, CheckpointState state)
    {
        using var scope = NewDisposeScope();
        var optimizer = trainer.Velocities.Select(entry => (Name: entry.Name + VelocitySuffix, Value: entry.Velocity))
            .Concat(trainer.Unaveraged.Select(entry => (Name: entry.Name + UnaveragedSuffix, Value: entry.Weights)))
            .Select(entry => (entry.Name, Value: TensorRecord.FromTensor(entry.Value)))
            .Concat(trainer.Residuals.Select((residual, rank) => (Name: ResidualName(rank), Value: residual)))
            .ToDictionary(entry => entry.Name, entry => entry.Value);
        using var evaluated = trainer.ShowEvaluatedWeights();
        return new Checkpoint(state, Weights(trainer.Model), optimizer);
    }

    /// <summary>Copies every parameter and buffer of a model, by state dictionary name.</summary>
    public static Dictionary<string, TensorRecord> Weights(ImageClassifier model)
    {
        using var scope = NewDisposeScope();
        return model.state_dict().ToDictionary(entry => entry.Key, entry => TensorRecord.FromTensor(entry.Value));
    }

    /// <summary>Sets weights, their average, momentum and the own residual.</summary>
    /// <exception cref="ArgumentException">The checkpoint belongs to another model.</exception>
    public static void Restore(Trainer trainer, Checkpoint checkpoint)
    {
        using var scope = NewDisposeScope();
        trainer.Restore(
            checkpoint.State.Phase,
            checkpoint.Model.ToDictionary(entry => entry.Key, entry => entry.Value.ToTensor()),
            WithSuffix(checkpoint.Optimizer, VelocitySuffix),
            WithSuffix(checkpoint.Optimizer, UnaveragedSuffix),
            checkpoint.Optimizer?.GetValueOrDefault(ResidualName(trainer.Rank))?.ToTensor());
    }

    /// <summary>Sets the weights of a model from a checkpoint.</summary>
    /// <exception cref="ArgumentException">The checkpoint belongs to another model.</exception>
    public static void LoadModel(ImageClassifier model, Checkpoint checkpoint)
    {
        using var scope = NewDisposeScope();
        model.LoadWeights(checkpoint.Model.ToDictionary(entry => entry.Key, entry => entry.Value.ToTensor()));
    }

    private static string ResidualName(int rank) => string.Create(CultureInfo.InvariantCulture, $"rank-{rank}{ResidualSuffix}");

    private static Dictionary<string, Tensor>? WithSuffix(IReadOnlyDictionary<string, TensorRecord>? tensors, string suffix) => tensors?
        .Where(entry => entry.Key.EndsWith(suffix, StringComparison.Ordinal))
        .ToDictionary(entry => entry.Key[..^suffix.Length], entry => entry.Value.ToTensor());

    /// <summary>SHA-256 over names and bytes of every parameter and buffer.</summary>
    public static string HashWeights(ImageClassifier model)
    {
        using var scope = NewDisposeScope();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, value) in model.state_dict().OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData(TensorRecord.FromTensor(value).Data.Span);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
