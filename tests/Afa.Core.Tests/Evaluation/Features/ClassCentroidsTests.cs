using Afa.Evaluation.Features;
using Afa.Tests.Golden;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Evaluation.Features;

public sealed class ClassCentroidsTests : IDisposable
{
    private const double Tolerance = 1e-12;

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Fit_TwoClasses_GivesTheirMeanDirections()
    {
        var features = tensor(new double[,] { { 1, 0 }, { -1, 0 }, { 0, 1 } });

        var centroids = ClassCentroids.Fit(features, tensor(new long[] { 0, 1, 0 }), classes: 2);

        TensorAssert.Close(tensor(new double[,] { { Math.Sqrt(0.5), Math.Sqrt(0.5) }, { -1, 0 } }), centroids, Tolerance);
    }

    [Fact]
    public void Fit_ClassWithoutAnImage_IsRefusedByItsNumber()
    {
        var error = Assert.Throws<ArgumentException>(() => ClassCentroids.Fit(eye(2, dtype: ScalarType.Float64), tensor(new long[] { 0, 2 }), classes: 3));

        Assert.Contains("class 1 of 3 has no image", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Margins_TwoOrthogonalClasses_MatchTheCosinesWorkedByHand()
    {
        var centroids = eye(2, dtype: ScalarType.Float64);
        var features = tensor(new double[,] { { 1, 0 }, { 0.6, 0.8 }, { 0, -1 } });

        var margins = ClassCentroids.Margins(features, tensor(new long[] { 0, 0, 1 }), centroids);

        // The second lies nearer to the other class; the third is opposite to its own centroid and at a right angle to the other.
        TensorAssert.Close(tensor(new double[] { 1, -0.2, -1 }), margins, Tolerance);
    }

    [Fact]
    public void ScatterRatio_PointsOnALine_MatchesTheValueWorkedByHand()
    {
        var features = tensor(new double[,] { { 0 }, { 10 }, { 2 }, { 12 } });

        // Means 1 and 11, in all 6: within 4 × 1, between 4 × 25.
        Assert.Equal(0.04, ClassCentroids.ScatterRatio(features, tensor(new long[] { 0, 1, 0, 1 })), Tolerance);
    }

    [Fact]
    public void ScatterRatio_SameMeans_IsInfinite() =>
        Assert.Equal(double.PositiveInfinity, ClassCentroids.ScatterRatio(tensor(new double[,] { { 1 }, { -1 }, { 1 }, { -1 } }), tensor(new long[] { 0, 0, 1, 1 })));
}
