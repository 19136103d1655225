using Afa.Compute;
using static TorchSharp.torch;

namespace Afa.Losses;

/// <summary>
/// Difference of logits ratio of Croce and Hein 2020 (arXiv:2003.01690), section 4.2. It does not change when logits are shifted or
/// scaled, so that a network cannot hide its gradient behind large logits. Greater is worse for the network.
/// </summary>
/// <remarks>1e-12 is added to each denominator, as in the authors' code.</remarks>
public static class DlrLoss
{
    /// <summary>Classes that <see cref="Untargeted"/> needs.</summary>
    public const int LeastClasses = 3;

    /// <summary>Classes that <see cref="Targeted"/> needs.</summary>
    public const int LeastClassesTargeted = 4;

    /// <summary>Computes −(z_y − max_{i≠y} z_i) / (z_π1 − z_π3) for each sample (equation 6), where π sorts logits from the highest.</summary>
    /// <param name="logits">[batch, class], of at least 3 classes.</param>
    /// <param name="labels">[batch], int64.</param>
    /// <returns>[batch]; above 0 where another class is ahead. The caller owns it.</returns>
    /// <exception cref="ArgumentException">A shape does not fit, or there are fewer than 3 classes.</exception>
    public static Tensor Untargeted(Tensor logits, Tensor labels)
    {
        Check(logits, labels, nameof(labels), LeastClasses);

        using var scope = NewDisposeScope();
        var (highest, classes) = logits.topk(3, 1);
        var first = highest.select(1, 0);
        var rival = where(classes.select(1, 0).eq(labels), highest.select(1, 1), first);
        return ((rival - Of(logits, labels)) / (first - highest.select(1, 2) + 1e-12)).MoveToOuterDisposeScope();
    }

    /// <summary>Computes −(z_y − z_t) / (z_π1 − (z_π3 + z_π4) / 2) for each sample (equation 7).</summary>
    /// <param name="logits">[batch, class], of at least 4 classes.</param>
    /// <param name="labels">[batch], int64.</param>
    /// <param name="targets">The class t that each sample is pushed to, [batch], int64.</param>
    /// <returns>[batch]; above 0 where the target is ahead of the label. The caller owns it.</returns>
    /// <exception cref="ArgumentException">A shape does not fit, or there are fewer than 4 classes.</exception>
    public static Tensor Targeted(Tensor logits, Tensor labels, Tensor targets)
    {
        Check(logits, labels, nameof(labels), LeastClassesTargeted);
        Require.SameShape(targets, nameof(targets), labels, nameof(labels));

        using var scope = NewDisposeScope();
        var highest = logits.topk(4, 1).values;
        var spread = highest.select(1, 0) - 0.5 * (highest.select(1, 2) + highest.select(1, 3));
        return ((Of(logits, targets) - Of(logits, labels)) / (spread + 1e-12)).MoveToOuterDisposeScope();
    }

    private static Tensor Of(Tensor logits, Tensor classes) => logits.gather(1, classes.unsqueeze(1)).squeeze(1);

    private static void Check(Tensor logits, Tensor labels, string argument, int leastClasses)
    {
        Require.Shape(logits, nameof(logits), "batch", "class");
        Require.Shape(labels, argument, "batch");
        Require.SameBatch(labels, argument, logits, nameof(logits));
        if (logits.shape[1] < leastClasses)
        {
            throw new ArgumentException($"logits must have at least {leastClasses} classes for this loss, not {logits.shape[1]}; use cross-entropy.", nameof(logits));
        }
    }
}
