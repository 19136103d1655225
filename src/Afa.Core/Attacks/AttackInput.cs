using Afa.Compute;
using Afa.Models;
using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>What an attack works on. The caller owns the tensors.</summary>
public sealed record AttackInput
{
    /// <summary>In evaluation mode with frozen weights.</summary>
    public required ImageClassifier Model { get; init; }

    /// <summary>[batch, channel, height, width], pixels in [0, 1]; the model gets each of them right.</summary>
    public required Tensor Images { get; init; }

    /// <summary>[batch], int64.</summary>
    public required Tensor Labels { get; init; }

    /// <summary>Position of each image in its split: what its random draws depend on.</summary>
    public required IReadOnlyList<int> SampleIds { get; init; }

    public required AttackNorm Norm { get; init; }

    /// <summary>Radius in pixel units.</summary>
    public required double Epsilon { get; init; }

    /// <summary>Of this attack in this evaluation; an attack mixes in sample and restart.</summary>
    public required ulong Seed { get; init; }

    /// <summary>How many images are attacked at a time. A sample that is finished makes room for one that waits.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Images with labels that an attack in feature space compares with; the same for every batch of an evaluation.</summary>
    public LabeledImages? Reference { get; init; }

    /// <summary>Another model of the same task, in evaluation mode with frozen weights, that a transfer attack takes its gradients from.</summary>
    public ImageClassifier? Source { get; init; }

    /// <summary>Called whenever samples are finished, with how many and how many of them were broken.</summary>
    public Action<int, int>? Finished { get; init; }

    /// <summary>Called from time to time with how many passes of one image through the model were made, a backward pass counted as one more.</summary>
    public Action<int>? Passed { get; init; }

    /// <summary>Ends a long attack with an <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <exception cref="ArgumentException">Images, labels and ids do not fit together; the message says how.</exception>
    internal void Check()
    {
        Require.Shape(Images, nameof(Images), "batch", "channel", "height", "width");
        Require.Shape(Labels, nameof(Labels), "batch");
        Require.SameBatch(Labels, nameof(Labels), Images, nameof(Images));
        if (SampleIds.Count != Images.shape[0])
        {
            throw new ArgumentException($"SampleIds must hold one id for each of the {Images.shape[0]} images, not {SampleIds.Count}.", nameof(SampleIds));
        }
    }
}
