using Afa.Grains;

namespace Afa.Tests.Grains;

public sealed class LossTrailTests
{
    private readonly LossTrail _trail = new();

    [Fact]
    public void Add_FewSteps_KeepsEachAsItIs()
    {
        _trail.Add(1, "features", 4);
        _trail.Add(2, "features", 2);
        _trail.Add(3, "head", 1);

        Assert.Equal([new LossPoint(1, "features", 4), new LossPoint(2, "features", 2), new LossPoint(3, "head", 1)], _trail.Points);
    }

    [Fact]
    public void Add_TheFirstPointTooMany_MakesOneOfTwo()
    {
        for (var step = 1; step <= 201; step++)
        {
            _trail.Add(step, "training", step);
        }

        Assert.Equal(101, _trail.Points.Count);
        Assert.Equal(new LossPoint(2, "training", 1.5), _trail.Points[0]);
        Assert.Equal(new LossPoint(201, "training", 201), _trail.Points[^1]);   // Without a partner.
        _trail.Add(202, "training", 10);
        _trail.Add(203, "training", 20);
        Assert.Equal(new LossPoint(203, "training", 15), _trail.Points[^1]);
    }

    [Fact]
    public void Add_AnyNumberOfSteps_StaysBoundedAndInOrder()
    {
        for (var step = 1; step <= 100_000; step++)
        {
            _trail.Add(step, step <= 60_000 ? "features" : "head", 1);
        }

        Assert.InRange(_trail.Points.Count, 50, 200);
        Assert.Equal(_trail.Points.OrderBy(point => point.Step), _trail.Points);
        Assert.All(_trail.Points, point => Assert.Equal(1, point.Loss));
    }

    [Fact]
    public void Add_AStepAnew_ReplacesWhatCameFromItOn()
    {
        _trail.Add(1, "training", 5);
        _trail.Add(2, "training", 4);
        _trail.Add(3, "training", 3);

        _trail.Add(2, "training", 7);   // The run went on from the checkpoint of step 1.

        Assert.Equal([new LossPoint(1, "training", 5), new LossPoint(2, "training", 7)], _trail.Points);
    }
}
