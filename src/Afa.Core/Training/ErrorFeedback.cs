using Afa.Checkpoints;
using static TorchSharp.torch;

namespace Afa.Training;

/// <summary>
/// Rounds a trainer's gradient to bfloat16 and carries what was lost into its next one: error feedback of Seide et al. 2014 (1-bit stochastic
/// gradient descent) and Karimireddy et al. 2019 (arXiv:1901.09847, algorithm 2).
/// </summary>
/// <remarks>
/// With residual e₀ = 0: q = round(g + e), e ← g + e − q. The sum of all q is that of all g but for one residual, however many steps there are.
/// Karimireddy et al. carry the error of the step, learning rate included; here it is that of the gradient, as in Seide et al. Both agree
/// while the learning rate stands still. Lives on the thread of its device slot.
/// </remarks>
public sealed class ErrorFeedback : IDisposable
{
    private const int ShareInBytes = 4 << 20;

    /// <param name="like">A gradient; the residual gets its shape and device.</param>
    public ErrorFeedback(Tensor like)
    {
        Residual = zeros_like(like).DetachFromDisposeScope();
    }

    /// <summary>e, in the layout of the gradient, float32. Owned here.</summary>
    public Tensor Residual { get; }

    /// <summary>Replaces the gradient, with the residual added, by the nearest bfloat16 values, ties to even, and keeps the difference.</summary>
    /// <param name="gradient">float32, in the layout of the residual.</param>
    public void Round(Tensor gradient)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        gradient.add_(Residual);
        Residual.copy_(gradient);
        gradient.copy_(gradient.to(ScalarType.BFloat16));
        Residual.sub_(gradient);
    }

    /// <summary>Collects the residuals of all ranks. Every rank has to call this.</summary>
    /// <returns>By rank; empty on any but rank 0, which stores them.</returns>
    public IReadOnlyList<TensorRecord> Gather(ICollective collective)
    {
        using var scope = NewDisposeScope();
        var own = TensorRecord.FromTensor(Residual);
        var all = Enumerable.Range(0, collective.Rank == 0 ? collective.Count : 0).Select(_ => new byte[own.Data.Length]).ToList();
        for (var start = 0; start < own.Data.Length; start += ShareInBytes)
        {
            var parts = collective.AllGather(own.Data.Slice(start, Math.Min(ShareInBytes, own.Data.Length - start)));
            for (var rank = 0; rank < all.Count; rank++)
            {
                parts[rank].Span.CopyTo(all[rank].AsSpan(start));
            }
        }

        return [.. all.Select(residual => new TensorRecord(own.ElementType, own.Shape, residual))];
    }

    /// <summary>Sets the residual to a stored one.</summary>
    /// <exception cref="ArgumentException">It has another length.</exception>
    public void Restore(Tensor residual)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        if (!residual.shape.AsSpan().SequenceEqual(Residual.shape))
        {
            throw new ArgumentException($"The checkpoint's residuals have shape [{string.Join(", ", residual.shape)}], not [{string.Join(", ", Residual.shape)}]. It belongs to another model, phase or run.", nameof(residual));
        }

        Residual.copy_(residual);
    }

    public void Dispose() => Residual.Dispose();
}
