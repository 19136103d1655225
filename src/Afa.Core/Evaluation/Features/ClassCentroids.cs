using Afa.Compute;
using static TorchSharp.torch;

namespace Afa.Evaluation.Features;

/// <summary>Where classes lie in feature space, and how features lie to them.</summary>
/// <remarks>
/// Nearness is measured by the cosine. Between vectors of unit length it orders as the Euclidean distance does, so the rule "nearest centroid"
/// is that of Papyan, Han and Donoho 2020 (arXiv:2008.08186), property NC4, on normalized features and centroids.
/// </remarks>
public static class ClassCentroids
{
    /// <summary>The mean direction of each class: the mean of its rows, scaled to unit length.</summary>
    /// <param name="features">Feature vectors of unit length, [sample, dim], floating.</param>
    /// <param name="labels">Class of each row, [sample], int64 in [0, classes).</param>
    /// <param name="classes">Number of classes, at least 2; each has a row.</param>
    /// <returns>[class, dim]. The caller owns it.</returns>
    /// <exception cref="ArgumentException">A shape does not fit, or a class has no row.</exception>
    public static Tensor Fit(Tensor features, Tensor labels, int classes)
    {
        Check(features, labels);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        using var scope = NewDisposeScope();
        var members = nn.functional.one_hot(labels, classes).to(features.dtype);   // [sample, class]
        var counts = members.sum(dim: 0);   // Named: a literal 0 would also be a type.
        if (counts.min().to(ScalarType.Float64).item<double>() is 0)
        {
            throw new ArgumentException($"labels must hold every class for centroids; class {counts.argmin().item<long>()} of {classes} has no image.", nameof(labels));
        }

        return nn.functional.normalize(members.t().matmul(features)).MoveToOuterDisposeScope();
    }

    /// <summary>Cosine to the centroid of the own class minus the largest cosine to one of another class.</summary>
    /// <param name="features">Feature vectors of unit length, [sample, dim], floating.</param>
    /// <param name="labels">Class of each row, [sample], int64.</param>
    /// <param name="centroids">Of <see cref="Fit"/>, [class, dim].</param>
    /// <returns>[sample], in [−2, 2]; below 0 where another class's centroid is nearer than the own. The caller owns it.</returns>
    public static Tensor Margins(Tensor features, Tensor labels, Tensor centroids)
    {
        Check(features, labels);
        Require.Shape(centroids, nameof(centroids), "class", "dim");
        using var scope = NewDisposeScope();
        var cosines = features.matmul(centroids.t());                              // [sample, class]
        var isOwn = nn.functional.one_hot(labels, centroids.shape[0]).to(ScalarType.Bool);
        var others = cosines.masked_fill(isOwn, double.NegativeInfinity).amax([1]);
        return (cosines.gather(1, labels.unsqueeze(1)).squeeze(1) - others).MoveToOuterDisposeScope();
    }

    /// <summary>Scatter within the classes over scatter between them, tr S_W / tr S_B, as Fisher's criterion and property NC1 compare them.</summary>
    /// <param name="features">[sample, dim], floating.</param>
    /// <param name="labels">Class of each row, [sample], int64.</param>
    /// <returns>0 if each class is one point; infinite if all class means are the same.</returns>
    /// <remarks>S_W sums ‖z − μ_y‖² and S_B sums ‖μ_y − μ‖² over the rows; the means are those of the given rows, not normalized.</remarks>
    public static double ScatterRatio(Tensor features, Tensor labels)
    {
        Check(features, labels);
        using var scope = NewDisposeScope();
        var members = nn.functional.one_hot(labels).to(features.dtype);
        var means = members.t().matmul(features) / members.sum(dim: 0).clamp(min: 1).unsqueeze(1);   // [class, dim]
        var own = means.index_select(0, labels);
        var within = (features - own).square().sum().to(ScalarType.Float64).item<double>();
        var between = (own - features.mean([0])).square().sum().to(ScalarType.Float64).item<double>();
        return between > 0 ? within / between : double.PositiveInfinity;
    }

    private static void Check(Tensor features, Tensor labels)
    {
        Require.Shape(features, nameof(features), "sample", "dim");
        Require.Shape(labels, nameof(labels), "sample");
        Require.SameBatch(labels, nameof(labels), features, nameof(features));
    }
}
