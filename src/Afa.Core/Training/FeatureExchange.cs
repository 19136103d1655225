using Afa.Compute;
using static TorchSharp.torch;

namespace Afa.Training;

/// <summary>Gives every replica the features of the global batch.</summary>
internal sealed class FeatureExchange(ICollective collective, Device device)
{
    /// <summary>Puts the rows of every replica in rank order; only the own rows carry a gradient.</summary>
    /// <param name="features">Own rows, [batch, dim].</param>
    /// <param name="labels">[batch], int64.</param>
    /// <exception cref="InvalidOperationException">Another replica sent other shapes.</exception>
    public (Tensor Features, Tensor Labels) Gather(Tensor features, Tensor labels)
    {
        if (collective.Count == 1)
        {
            return (features, labels);
        }

        using var scope = NewDisposeScope();
        var (rows, dimension) = (features.shape[0], features.shape[1]);
        var featureBytes = features.detach().cpu().contiguous().bytes;
        var labelBytes = labels.cpu().bytes;
        var own = new byte[featureBytes.Length + labelBytes.Length];
        featureBytes.CopyTo(own);
        labelBytes.CopyTo(own.AsSpan(featureBytes.Length));

        var allFeatures = new List<Tensor>();
        var allLabels = new List<Tensor>();
        var parts = collective.AllGather(own);
        for (var rank = 0; rank < parts.Count; rank++)
        {
            if (parts[rank].Length != own.Length)
            {
                throw new InvalidOperationException($"Trainer {rank} sent {parts[rank].Length} bytes of features, not {own.Length}: its batch or its model differs.");
            }

            var isOwn = rank == collective.Rank;
            allFeatures.Add(isOwn ? features : FromBytes(parts[rank].Span[..featureBytes.Length], features.dtype, [rows, dimension]));
            allLabels.Add(isOwn ? labels : FromBytes(parts[rank].Span[featureBytes.Length..], labels.dtype, [rows]));
        }

        return (cat(allFeatures).MoveToOuterDisposeScope(), cat(allLabels).MoveToOuterDisposeScope());
    }

    private Tensor FromBytes(ReadOnlySpan<byte> bytes, ScalarType type, long[] shape)
    {
        using var scope = NewDisposeScope();
        var result = empty(shape, type, CPU);
        bytes.CopyTo(result.bytes);
        return HostCopy.To(result, device).MoveToOuterDisposeScope();
    }
}
