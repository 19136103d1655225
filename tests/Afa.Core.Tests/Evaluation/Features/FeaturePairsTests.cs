using Afa.Evaluation.Features;
using Afa.Tests.Golden;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Evaluation.Features;

public sealed class FeaturePairsTests : IDisposable
{
    private const double Tolerance = 1e-12;

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void TwoOrthogonalClasses_AreAlignedAndMatchTheUniformityWorkedByHand()
    {
        var features = tensor(new double[,] { { 1, 0 }, { 0, 1 }, { 1, 0 }, { 0, 1 } });
        var labels = tensor(new long[] { 0, 1, 0, 1 });

        Assert.Equal(0, FeaturePairs.ClassAlignment(features, labels), Tolerance);
        // Six pairs: two at distance 0, and four across the classes with d² = 2.
        Assert.Equal(Math.Log((2 + 4 * Math.Exp(-4)) / 6), FeaturePairs.Uniformity(features), Tolerance);
        Assert.Equal(Math.Log((2 + 4 * Math.Exp(-1)) / 6), FeaturePairs.Uniformity(features, t: 0.5), Tolerance);
    }

    [Theory]
    [InlineData(2, 3)]                   // d² = 2 in class 0 and 4 in class 1.
    [InlineData(1, 1.7071067811865475)]  // (√2 + 2) / 2
    public void ClassAlignment_OnePairInEachClass_IsTheirMean(double alpha, double expected)
    {
        var features = tensor(new double[,] { { 1, 0 }, { -1, 0 }, { 0, 1 }, { 1, 0 } });

        Assert.Equal(expected, FeaturePairs.ClassAlignment(features, tensor(new long[] { 0, 1, 0, 1 }), alpha), Tolerance);
    }

    [Fact]
    public void ClassAlignment_NoTwoOfAClass_IsNoNumber() =>
        Assert.True(double.IsNaN(FeaturePairs.ClassAlignment(eye(3, dtype: ScalarType.Float64), arange(3))));

    [Fact]
    public void Uniformity_OfOppositePoints_IsTheLeastThereIs() =>
        Assert.Equal(-8, FeaturePairs.Uniformity(tensor(new double[,] { { 0.6, 0.8 }, { -0.6, -0.8 } })), Tolerance);

    [Fact]
    public void Alignment_OfGivenPairs_IsTheirMean()
    {
        var features = tensor(new double[,] { { 1, 0 }, { 1, 0 } });
        var partners = tensor(new double[,] { { 0, 1 }, { 1, 0 } });

        Assert.Equal(1, FeaturePairs.Alignment(features, partners), Tolerance);
        Assert.Equal(Math.Sqrt(2) / 2, FeaturePairs.Alignment(features, partners, alpha: 1), Tolerance);
    }

    [Fact]
    public void MoreRowsThanABlockHolds_MatchTheSumOverAllPairs()
    {
        const int rows = 600;
        using var generator = new Generator(3);
        var features = nn.functional.normalize(randn([rows, 5], ScalarType.Float64, generator: generator));
        var labels = randint(0, 3, [rows], ScalarType.Int64, generator: generator);
        var (points, classes) = (features.data<double>().ToArray(), labels.data<long>().ToArray());
        var (exponentials, distances) = (new List<double>(), new List<double>());
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var squared = Enumerable.Range(0, 5).Sum(k => Math.Pow(points[5 * i + k] - points[5 * j + k], 2));
                exponentials.Add(Math.Exp(-2 * squared));
                if (classes[i] == classes[j])
                {
                    distances.Add(squared);
                }
            }
        }

        Assert.Equal(distances.Average(), FeaturePairs.ClassAlignment(features, labels), 1e-10);
        Assert.Equal(Math.Log(exponentials.Average()), FeaturePairs.Uniformity(features), 1e-10);
    }

    [Fact]
    public void Rotation_ChangesNoFigure()
    {
        using var generator = new Generator(4);
        var features = nn.functional.normalize(randn([40, 6], ScalarType.Float64, generator: generator));
        var labels = arange(40).remainder(4);
        var (rotation, _) = linalg.qr(randn([6, 6], ScalarType.Float64, generator: generator));
        var rotated = features.matmul(rotation);

        Assert.Equal(FeaturePairs.ClassAlignment(features, labels), FeaturePairs.ClassAlignment(rotated, labels), Tolerance);
        Assert.Equal(FeaturePairs.Uniformity(features), FeaturePairs.Uniformity(rotated), Tolerance);
        Assert.Equal(ClassCentroids.ScatterRatio(features, labels), ClassCentroids.ScatterRatio(rotated, labels), Tolerance);
        TensorAssert.Close(
            ClassCentroids.Margins(features, labels, ClassCentroids.Fit(features, labels, 4)), ClassCentroids.Margins(rotated, labels, ClassCentroids.Fit(rotated, labels, 4)), Tolerance);

        // Only the axes of a projection may be mirrored.
        TensorAssert.Close(
            PrincipalPlane.Fit(features).Project(features).abs(), PrincipalPlane.Fit(rotated).Project(rotated).abs(), Tolerance);
    }

    [Fact]
    public void OneRow_IsRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => FeaturePairs.Uniformity(ones([1, 3], ScalarType.Float64)));

        Assert.Contains("at least 2 rows", error.Message, StringComparison.Ordinal);
    }
}
