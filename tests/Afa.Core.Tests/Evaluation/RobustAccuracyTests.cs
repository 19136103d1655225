using Afa.Attacks;
using Afa.Evaluation;
using Xunit;

namespace Afa.Tests.Evaluation;

public sealed class RobustAccuracyTests
{
    private static readonly IReadOnlyList<AttackResult> s_pooled = Pool(SampleUnits.First, SampleUnits.Second);

    [Fact]
    public void Pool_TwoUnits_CountsEachAttackOverBoth()
    {
        Assert.Equal(["clean", "two", "near", "fog-1", "worst-case"], s_pooled.Select(result => result.Attack));
        Assert.All(s_pooled, result => Assert.Equal(8, result.Total));

        // Image 2 is wrong from the start; "two" breaks 1, 3 and 4, "near" breaks 1 and 5, the fog 1 and 6.
        Assert.Equal([7, 4, 5, 5, 3], s_pooled.Select(result => result.Correct));
    }

    [Fact]
    public void Pool_WorstCase_LeavesCorruptionsOut()
    {
        // Images 0, 6 and 7 withstand "two" and "near"; the fog breaks 6.
        Assert.Equal(3, Find("worst-case").Correct);
        Assert.Equal(AttackKind.Corruption, Find("fog-1").Kind);
        Assert.Equal(AttackKind.MinimumNorm, Find("near").Kind);
    }

    [Fact]
    public void Pool_Stages_CountWhatStillStood()
    {
        var stages = Find("two").Stages;

        // 7 right; the first stage breaks 1 and 4, the second 3.
        Assert.Equal([("first", 5), ("second", 4)], stages.Select(stage => (stage.Attack, stage.Correct)));
        Assert.Equal([5.0, 3.0], stages.Select(stage => stage.Seconds));
        Assert.Equal(Find("two").Correct, stages[^1].Correct);
        Assert.Empty(Find("near").Stages);
    }

    [Fact]
    public void Pool_Classes_AddUpToTheWhole()
    {
        // "two" leaves the shirts 0 and 5 and the coats 6 and 7.
        Assert.Equal([("shirt", 2, 4), ("coat", 2, 4)], Find("two").Classes.Select(c => (c.Name, c.Correct, c.Total)));
        Assert.Equal([("shirt", 4, 4), ("coat", 3, 4)], Find("clean").Classes.Select(c => (c.Name, c.Correct, c.Total)));
        Assert.All(s_pooled, result => Assert.Equal(result.Correct, result.Classes.Sum(c => c.Correct)));
        Assert.Equal("coat", Find("clean").WorstClass!.Name);
    }

    [Fact]
    public void Pool_Seconds_AreSummedOverUnits() =>
        Assert.Equal([0.5, 8, 9, 1, 18.5], s_pooled.Select(result => result.Seconds));

    [Fact]
    public void Pool_Interval_IsWilsonsOfTheCounts()
    {
        Assert.All(s_pooled, result => Assert.Equal(WilsonInterval.Of(result.Correct, result.Total), (result.Low, result.High)));

        // Wilson 1927 for 4 of 8: the center is 1/2, the half width z / (2 sqrt(8 + z²)) with z = 1.96.
        var half = 1.96 / (2 * Math.Sqrt(8 + 1.96 * 1.96));
        Assert.Equal(0.5 - half, Find("two").Low, tolerance: 1e-5);
        Assert.Equal(0.5 + half, Find("two").High, tolerance: 1e-5);
    }

    [Fact]
    public void Pool_MedianDistance_IsOverTheImagesThatWereRight()
    {
        // 0.02, 0.05, 0.12, 0.13, 0.15, 0.18 and one image without an adversarial one, which is farthest.
        Assert.Equal(0.13, Find("near").MedianDistance);
        Assert.Null(Find("two").MedianDistance);
    }

    [Fact]
    public void Pool_TheSameUnitTwiceAndInAnotherOrder_CountsOnce()
    {
        var pooled = Pool(SampleUnits.Second, SampleUnits.First, SampleUnits.Second);

        Assert.Equal(s_pooled.Select(Counts), pooled.Select(Counts));
    }

    [Fact]
    public void Pool_OneUnitOfTwo_CountsWhatThereIs() =>
        Assert.Equal([3, 1, 2, 2, 1], Pool(SampleUnits.First).Select(result => result.Correct));

    private static IReadOnlyList<AttackResult> Pool(params UnitOutcome[] units) => RobustAccuracy.Pool(units, SampleUnits.Cascades, SampleUnits.Dataset);

    private static AttackResult Find(string attack) => s_pooled.Single(result => result.Attack == attack);

    private static (string Attack, int Correct, int Total, double Seconds, double? Distance) Counts(AttackResult result) =>
        (result.Attack, result.Correct, result.Total, result.Seconds, result.MedianDistance);
}
