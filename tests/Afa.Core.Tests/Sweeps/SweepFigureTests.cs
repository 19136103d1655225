using Afa.Attacks;
using Afa.Evaluation;
using Afa.Sweeps;
using Xunit;

namespace Afa.Tests.Sweeps;

public sealed class SweepFigureTests
{
    [Fact]
    public void Of_ThreeSeeds_HasStudentsIntervalOverThem()
    {
        var figure = Of(70, 80, 90);

        // Mean 0.8, deviation 0.1; t with 2 degrees of freedom is 4.30265, so the half width is 4.30265 × 0.1 / √3 = 0.248414.
        Assert.Equal((3, 0.8), (figure.Seeds, Math.Round(figure.Mean, 12)));
        Assert.Equal(0.1, figure.Deviation!.Value, tolerance: 1e-12);
        Assert.Equal(0.8 - 0.248414, figure.Low, tolerance: 1e-6);
        Assert.Equal(1, figure.High);   // 1.048 is no accuracy.
        Assert.Equal(SweepInterval.StudentT, figure.Interval);
    }

    [Fact]
    public void Of_TwoSeeds_HasWilsonsIntervalOfTheirMeanOnTheImagesOfOne()
    {
        var figure = Of(70, 80);
        var (low, high) = WilsonInterval.Of(75, 100);   // Both were attacked on the same 100 images.

        Assert.Equal((0.75, low, high, SweepInterval.Wilson), (figure.Mean, figure.Low, figure.High, figure.Interval));
        Assert.Equal(Math.Sqrt(0.005), figure.Deviation!.Value, tolerance: 1e-12);   // ±0.05 from the mean, over n − 1 = 1.
    }

    [Fact]
    public void Of_OneSeed_HasNoDeviation() => Assert.Null(Of(70).Deviation);

    [Fact]
    public void Of_EqualSeeds_IsOneValue()
    {
        var figure = Of(50, 50, 50, 50);

        Assert.Equal((0.5, 0.5, 0.5, 0.0), (figure.Low, figure.Mean, figure.High, figure.Deviation));
    }

    private static SweepFigure Of(params int[] correct) =>
        SweepFigure.Of([.. correct.Select(count => new SweepAccuracy("d", "linf", "0.1", "pgd-20", AttackKind.Bounded, count, 100))]);
}
