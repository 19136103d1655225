using System.Diagnostics;
using Afa.Training;
using Xunit;

namespace Afa.Tests.Training;

public sealed class StepClockTests
{
    [Fact]
    public void Book_PartsThatFollowEachOther_AreIntervalsWithoutGaps_AndAddUp()
    {
        var clock = new StepClock();
        foreach (var part in new[] { StepClock.Data, StepClock.Attack, StepClock.Attack, StepClock.Forward, StepClock.Attack })
        {
            clock.Book(part);
        }

        Assert.Equal([StepClock.Data, StepClock.Attack, StepClock.Forward, StepClock.Attack], clock.Intervals.Select(interval => interval.Part));
        Assert.All(clock.Intervals, interval => Assert.True(interval.Started <= interval.Ended));
        Assert.Equal(clock.Intervals.SkipLast(1).Select(interval => interval.Ended), clock.Intervals.Skip(1).Select(interval => interval.Started));
        Assert.All(clock.Seconds, part => Assert.Equal(
            part.Value, clock.Intervals.Where(interval => interval.Part == part.Key).Sum(interval => Stopwatch.GetElapsedTime(interval.Started, interval.Ended).TotalSeconds), 1e-6));
    }
}
