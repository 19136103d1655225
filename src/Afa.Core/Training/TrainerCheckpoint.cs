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

    /// <summary>Copies weights and momentum.</summary>
    public static Checkpoint Capture(Trainer trainer, CheckpointState state)
    {
        using var scope = NewDisposeScope();
        return new Checkpoint(
            state,
            trainer.Model.state_dict().ToDictionary(entry => entry.Key, entry => TensorRecord.FromTensor(entry.Value)),
            trainer.Velocities.ToDictionary(entry => entry.Name + VelocitySuffix, entry => TensorRecord.FromTensor(entry.Velocity)));
    }

    /// <summary>Sets weights and momentum.</summary>
    /// <exception cref="ArgumentException">The checkpoint belongs to another model.</exception>
    public static void Restore(Trainer trainer, Checkpoint checkpoint)
    {
        using var scope = NewDisposeScope();
        trainer.Restore(
            checkpoint.State.Phase,
            checkpoint.Model.ToDictionary(entry => entry.Key, entry => entry.Value.ToTensor()),
            checkpoint.Optimizer?.ToDictionary(entry => entry.Key[..^VelocitySuffix.Length], entry => entry.Value.ToTensor()));
    }

    /// <summary>Sets the weights of a model from a checkpoint.</summary>
    /// <exception cref="ArgumentException">The checkpoint belongs to another model.</exception>
    public static void LoadModel(ImageClassifier model, Checkpoint checkpoint)
    {
        using var scope = NewDisposeScope();
        model.LoadWeights(checkpoint.Model.ToDictionary(entry => entry.Key, entry => entry.Value.ToTensor()));
    }

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
