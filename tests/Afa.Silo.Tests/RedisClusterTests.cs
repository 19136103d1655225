using Afa.Grains;
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

    private async Task LoseOneOfTwoAsync(Func<SiloProcess, Task> loseAsync, string cluster)
    {
        Assert.SkipWhen(redis.Missing is not null, redis.Missing ?? "");
        var expected = await TestRun.UndisturbedHashAsync();
        var store = TestRun.NewStore();
        string[] clustering = ["--clustering", "redis", "--redis", redis.Address, "--cluster-id", cluster];
        await using var first = await SiloProcess.StartAsync(store, clustering);
        await using var second = await SiloProcess.StartAsync(store, clustering);
        Assert.Contains("cluster: Healthy, 2 silos are active.", await second.GetTextAsync("healthz/ready"), StringComparison.Ordinal);
        await using var client = await ClusterClient.ConnectAsync(ClusterAddress.Read(null, redis.Address, cluster, null, _ => null, [])!);
        await TestRun.StartAsync(client.Control);
        await TestRun.WaitAsync(client.Control, status => status.Step >= 12);
        await Task.WhenAll(Images(first), Images(second));   // A trainer on each.

        await loseAsync(second);

        try
        {
            await TestRun.WaitAsync(client.Control, status => status.State == RunState.Completed);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"{exception.Message}\n{first.Process.Output}");
        }

        Assert.Equal(expected, TestRun.FinalHash(store));
    }

    private static async Task Images(SiloProcess silo) => Assert.Contains("afa_train_images_total", await silo.GetTextAsync("metrics"), StringComparison.Ordinal);
}
