using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Afa.Models;

/// <summary>Joins the statistics of batch norm over replicas that each hold as many images of the batch.</summary>
/// <remarks>
/// The gradient needs an exchange too, inside libtorch's backward pass, through which no exception may travel. A failure there is kept: from then on
/// nothing is exchanged, the gradients are of no use, and the next forward pass or <see cref="ThrowIfFailed"/> throws it.
/// On the CPU a backward pass runs on the thread that asked for it, and its order is that of the graph, which is the same on every replica.
/// </remarks>
/// <param name="count">Number of replicas.</param>
/// <param name="gather">Returns what every replica gave, in rank order; blocks until each has called.</param>
public sealed class ReplicaStatistics(int count, Func<ReadOnlyMemory<byte>, IReadOnlyList<ReadOnlyMemory<byte>>> gather)
{
    private ExceptionDispatchInfo? _failure;

    /// <summary>Number of replicas.</summary>
    public int Count => count;

    /// <summary>Throws what an exchange in a backward pass failed with, if one did.</summary>
    public void ThrowIfFailed() => _failure?.Throw();

    /// <summary>Mean and variance of each channel over all replicas, with the variance divided by the number of values.</summary>
    /// <param name="input">Own part, [batch, channel, height, width].</param>
    /// <returns>Each [channel], float32 or that of a float64 input, the same bits on every replica. The caller owns them.</returns>
    internal (Tensor Mean, Tensor Variance) MeanAndVariance(Tensor input)
    {
        ThrowIfFailed();
        using var scope = NewDisposeScope();
        var values = Precise(input);
        var own = stack([values.mean([0, 2, 3]), values.var([0, 2, 3], unbiased: false)]);   // [2, channel]
        var all = Gather(own);                                                               // [replica, 2, channel]

        // Of parts of equal size: the mean of the variances, and the variance of the means.
        var (means, variances) = (all.select(1, 0), all.select(1, 1));
        var mean = means.mean([0]);
        var variance = (variances + (means - mean).square()).mean([0]);
        return (mean.to(own.dtype).MoveToOuterDisposeScope(), variance.to(own.dtype).MoveToOuterDisposeScope());
    }

    /// <summary>Sums over the replicas, in a backward pass: zeros once an exchange has failed. The caller owns the result.</summary>
    internal Tensor SumInBackward(Tensor own)
    {
        using var scope = NewDisposeScope();
        if (_failure is null)
        {
            try
            {
                return Gather(own).sum([0]).to(own.dtype).MoveToOuterDisposeScope();
            }
            catch (Exception exception)
            {
                _failure = ExceptionDispatchInfo.Capture(exception);
            }
        }

        return zeros_like(own).MoveToOuterDisposeScope();
    }

    /// <summary>The tensor itself, or in float32 if it is of a shorter type. The caller owns the result.</summary>
    internal static Tensor Precise(Tensor tensor) => tensor.to(tensor.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32);

    /// <summary>[replica, shape], in float64.</summary>
    private Tensor Gather(Tensor own)
    {
        using var scope = NewDisposeScope();
        var bytes = own.detach().cpu().contiguous().bytes.ToArray();
        var parts = new List<Tensor>();
        foreach (var part in gather(bytes))
        {
            if (part.Length != bytes.Length)
            {
                throw new InvalidOperationException($"A replica sent {part.Length} bytes of statistics, not {bytes.Length}: its model differs, or it takes another step.");
            }

            var tensor = empty(own.shape, own.dtype, CPU);
            part.Span.CopyTo(tensor.bytes);
            parts.Add(tensor.to(ScalarType.Float64, own.device));
        }

        return stack(parts).MoveToOuterDisposeScope();
    }
}
