using System.Net;
using Afa.Grains;

namespace Afa.Tests.Grains;

public sealed class ReductionPlanTests
{
    [Theory]
    [InlineData("A", "A:0")]
    [InlineData("AAA", "A:0,1,2")]
    [InlineData("AB", "A:0 B:1")]
    [InlineData("AABB", "A:0,1 B:2 B:3")]   // What comes after the start of the chain is not added up before: it would be another order of additions.
    [InlineData("ABAB", "A:0 B:1 A:2 B:3")]
    [InlineData("BAAC", "B:0 A:1 A:2 C:3")]
    public void Parts_OfAPlacement_KeepTheOrderOfAdditions(string placement, string expected)
    {
        var plan = new ReductionPlan([.. placement.Select(Silo)]);

        Assert.Equal(expected, string.Join(' ', plan.Parts.Select(part => $"{NameOf(part.Silo)}:{string.Join(',', part.Ranks)}")));
    }

    [Fact]
    public void Buckets_GoToTheSilosInTurn()
    {
        var plan = new ReductionPlan([.. "BBAC".Select(Silo)]);

        Assert.Equal("BACBA", string.Concat(Enumerable.Range(0, 5).Select(bucket => NameOf(plan.BucketSilo(bucket)))));
        Assert.Equal([0, 1], plan.RanksOn(Silo('B')));
        Assert.Equal([3], plan.RanksOn(Silo('C')));
    }

    private static SiloAddress Silo(char name) => SiloAddress.New(IPAddress.Loopback, name, 1);

    private static char NameOf(SiloAddress silo) => (char)silo.Endpoint.Port;
}
