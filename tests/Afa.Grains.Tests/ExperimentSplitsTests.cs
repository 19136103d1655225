using Afa.Grains;

namespace Afa.Tests.Grains;

public class ExperimentSplitsTests
{
    [Fact]
    public async Task Get_ManyAtATime_DealOnce()
    {
        var splits = new ExperimentSplits();
        var dealt = 0;

        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => splits.Get("options", () =>
        {
            Interlocked.Increment(ref dealt);
            return new ExperimentSplit([[1]], [[2]]);
        }))));

        Assert.Equal(1, dealt);
        Assert.All(all, split => Assert.Same(all[0], split));
    }

    [Fact]
    public void Get_AfterAFailure_TriesAgain()
    {
        var splits = new ExperimentSplits();

        Assert.Throws<InvalidDataException>(() => splits.Get("options", () => throw new InvalidDataException("damaged")));
        Assert.Equal([3], splits.Get("options", () => new ExperimentSplit([[3]], [])).Train[0]);
    }

    [Fact]
    public void Get_MoreThanAreKept_ForgetsWhatWasAskedForLongestAgo()
    {
        var splits = new ExperimentSplits();
        var dealt = new List<string>();
        foreach (var name in new[] { "a", "b", "c", "d", "a", "e", "a", "b" })
        {
            splits.Get(name, () =>
            {
                dealt.Add(name);
                return new ExperimentSplit([], []);
            });
        }

        Assert.Equal(["a", "b", "c", "d", "e", "b"], dealt);
    }
}
