using System.ComponentModel.DataAnnotations;
using Afa.Models;

namespace Afa.Training;

/// <summary>How activations are normalized in training.</summary>
public sealed record NormalizationOptions
{
    /// <summary>Which layer normalizes.</summary>
    public NormalizationLayer Layer { get; init; } = NormalizationLayer.Batch;

    /// <summary>What batch norm does during the attack.</summary>
    public AttackNormalization DuringAttack { get; init; } = AttackNormalization.Eval;

    /// <summary>
    /// Whether clean images have batch norms of their own, the auxiliary ones. The main ones then see adversarial images only; they are those that are
    /// evaluated and exported.
    /// </summary>
    public bool Separate { get; init; }

    /// <summary>Whether batch norm's statistics are those of the whole batch, whatever the number of trainers; each layer then waits for all of them.</summary>
    public bool Synchronized { get; init; }

    /// <summary>Says what does not go together with the model.</summary>
    /// <param name="name">Of the model, known.</param>
    internal IEnumerable<ValidationResult> Problems(string name)
    {
        var hasLayers = ModelRegistry.HasNormalization(ModelRegistry.Named(name).Name);
        if (Layer != NormalizationLayer.Batch && !hasLayers)
        {
            yield return new($"Normalization.Layer cannot be {Layer}: {name} has no normalization layers.", [nameof(Layer)]);
        }

        var hasBatchNorm = hasLayers && Layer == NormalizationLayer.Batch;
        foreach (var (option, isAsked) in new[] { (nameof(DuringAttack), DuringAttack != AttackNormalization.Eval), (nameof(Separate), Separate), (nameof(Synchronized), Synchronized) })
        {
            if (isAsked && !hasBatchNorm)
            {
                yield return new($"Normalization.{option} is for batch norm, which {(hasLayers ? "group norm replaces here" : $"{name} does not have")}; leave it out.", [option]);
            }
        }
    }
}
