using Afa.Evaluation;
using CsCheck;
using Xunit;

namespace Afa.Tests.Evaluation;

public sealed class RobustnessCurveTests
{
    private const double Epsilon = 0.1;

    [Fact]
    public void Of_RecordsByHand_CountsTheDistancesBeyondEachRadius()
    {
        var curve = RobustnessCurve.Of([SampleUnits.First, SampleUnits.Second], Epsilon);

        // Smallest perturbations: 5 at 0.02, 1 at 0.05, 3 and 4 at 0.1 (by "two"), 0 at 0.15, 6 at 0.18, 7 never; 2 is wrong.
        Assert.Equal(7.0 / 8, At(curve, 0));
        Assert.Equal(7.0 / 8, At(curve, 0.0175));
        Assert.Equal(6.0 / 8, At(curve, 0.02));
        Assert.Equal(5.0 / 8, At(curve, 0.05));
        Assert.Equal(5.0 / 8, At(curve, 0.0975));
        Assert.Equal(3.0 / 8, At(curve, 0.1));
        Assert.Equal(2.0 / 8, At(curve, 0.15));
        Assert.Equal(1.0 / 8, At(curve, 0.2));
    }

    [Fact]
    public void Of_ItsEnds_AreTheCleanAccuracyAndTwiceTheRadius()
    {
        var curve = RobustnessCurve.Of([SampleUnits.First, SampleUnits.Second], Epsilon);
        var clean = RobustAccuracy.Pool([SampleUnits.First, SampleUnits.Second], SampleUnits.Cascades, SampleUnits.Dataset)[0];

        Assert.Equal((0, clean.Accuracy), (curve[0].Radius, curve[0].Accuracy));
        Assert.Equal(2 * Epsilon, curve[^1].Radius, tolerance: 1e-12);
    }

    [Fact]
    public void Of_AtTheRadius_IsTheWorstCaseWithoutCorruptionsOutsideTheBall()
    {
        var curve = RobustnessCurve.Of([SampleUnits.First, SampleUnits.Second], Epsilon);
        var worst = RobustAccuracy.Pool([SampleUnits.First, SampleUnits.Second], SampleUnits.Cascades, SampleUnits.Dataset)[^1];

        Assert.Equal(worst.Accuracy, At(curve, Epsilon));
    }

    [Fact]
    public void Of_AnyDistances_NeverRises() => Gen.Double[0, 0.3].List[1, 60].Sample(distances =>
    {
        var curve = RobustnessCurve.Of([Unit(distances)], Epsilon);

        // All are right, so that it starts at 1.
        return curve[0].Accuracy == 1 && curve.Zip(curve.Skip(1)).All(pair => pair.Second.Radius > pair.First.Radius && pair.Second.Accuracy <= pair.First.Accuracy);
    }, iter: 100);

    [Fact]
    public void Of_TheSameUnitTwice_CountsOnce() => Assert.Equal(
        RobustnessCurve.Of([SampleUnits.First, SampleUnits.Second], Epsilon),
        RobustnessCurve.Of([SampleUnits.Second, SampleUnits.First, SampleUnits.First], Epsilon));

    [Fact]
    public void Of_NoMinimumNormAttack_IsEmpty() =>
        Assert.Empty(RobustnessCurve.Of([SampleUnits.First with { Cascades = [SampleUnits.First.Cascades[0]] }], Epsilon));

    private static double At(IReadOnlyList<CurvePoint> curve, double radius) => curve.Single(point => Math.Abs(point.Radius - radius) < 1e-9).Accuracy;

    private static UnitOutcome Unit(List<double> distances) => SampleUnits.First with
    {
        Unit = new EvaluationUnit(0, 0, 0, distances.Count),
        SampleIds = [.. Enumerable.Range(0, distances.Count)],
        Labels = [.. distances.Select(_ => 0)],
        Predictions = [.. distances.Select(_ => 0)],
        Cascades =
        [
            new CascadeOutcome
            {
                Attack = "near",
                BrokenBy = [.. distances.Select(_ => (int?)null)],
                Norms = [.. distances.Select(_ => 0.0)],
                Distances = [.. distances.Select(distance => (double?)(distance + 1e-4))],
                StageSeconds = [1],
            },
        ],
    };
}
