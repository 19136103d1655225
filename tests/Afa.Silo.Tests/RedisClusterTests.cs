using Afa.Silo;
using Xunit;

namespace Afa.Tests.Silo;

/// <summary>Silo processes that find each other through a real Redis.</summary>
public sealed class RedisClusterTests(RedisServer redis) : IClassFixture<RedisServer>
{
    [Fact]
    public Task OneOfTwoSilosIsTerminated_TheRunGoesOnOnTheOther_WithTheSameWeights() => LoseOneOfTwoAsync(silo => silo.Process.TerminateAsync(), "terminated");

    [Fact]
    public Task OneOfTwoSilosIsKilled_TheRunGoesOnOnTheOther_WithTheSameWeights()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1", "It takes a while until the death is noticed: ./test --long.");
        return LoseOneOfTwoAsync(silo => silo.Process.KillAsync(), "killed");
    }

    private Task LoseOneOfTwoAsync(Func<SiloProcess, Task> loseAsync, string cluster)
    {
        Assert.SkipWhen(redis.Missing is not null, redis.Missing ?? "");
        return LossTrial.RunAsync(
            ["--clustering", "redis", "--redis", redis.Address, "--cluster-id", cluster], null, ClusterAddress.Read(null, redis.Address, cluster, null, _ => null, [])!, loseAsync);
    }
}
