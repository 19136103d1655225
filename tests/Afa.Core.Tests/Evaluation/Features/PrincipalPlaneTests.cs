using Afa.Evaluation.Features;
using Afa.Tests.Golden;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Evaluation.Features;

public sealed class PrincipalPlaneTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void PointsAlongTheAxes_GiveTheAxesAndTheirShares()
    {
        // Around (5, 6, 7): 2 × 9 of the squares along the third coordinate, 2 × 1 along the first.
        var plane = PrincipalPlane.Fit(tensor(new double[,] { { 5, 6, 10 }, { 5, 6, 4 }, { 6, 6, 7 }, { 4, 6, 7 } }));

        Assert.Equal(0.9, plane.Explained[0], 1e-12);
        Assert.Equal(0.1, plane.Explained[1], 1e-12);
        TensorAssert.Close(tensor(new double[,] { { 2, 0 }, { 0, -3 } }), plane.Project(tensor(new double[,] { { 5, 60, 9 }, { 2, 6, 7 } })), 1e-12);
    }

    [Fact]
    public void TurnedPoints_GiveTheTurnedAxes()
    {
        // Along (0.8, 0.6) and, less, along (-0.6, 0.8).
        var features = tensor(new double[,] { { 1.6, 1.2 }, { -1.6, -1.2 }, { -0.6, 0.8 }, { 0.6, -0.8 } });

        TensorAssert.Close(tensor(new double[,] { { 2, 0 }, { -2, 0 }, { 0, 1 }, { 0, -1 } }), PrincipalPlane.Fit(features).Project(features), 1e-12);
    }

    [Fact]
    public void MirroredFeatures_GiveTheSameAxes()
    {
        using var generator = new Generator(1);
        var features = randn([30, 5], ScalarType.Float64, generator: generator);

        // The axes of -X are those of X up to the sign, which the rule settles; so what is projected is mirrored with the features.
        TensorAssert.Close(-PrincipalPlane.Fit(features).Project(features), PrincipalPlane.Fit(-features).Project(-features), 1e-10);
    }

    [Fact]
    public void OnePointManyTimes_IsNoError()
    {
        var plane = PrincipalPlane.Fit(ones([4, 3], ScalarType.Float64));

        Assert.Equal([0, 0], plane.Explained);
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(5, 1)]
    public void TooLittleForAPlane_IsRefused(int rows, int columns) =>
        Assert.Throws<ArgumentException>(() => PrincipalPlane.Fit(ones([rows, columns], ScalarType.Float64)));
}
