using Afa.Grains;
using Afa.Silo;
using Xunit;

namespace Afa.Tests.Silo;

/// <summary>Two silo processes share a run and one of them is lost: the other ends it with the weights of an undisturbed one.</summary>
internal static class LossTrial
{
    /// <param name="clustering">Options of the silos.</param>
    /// <param name="environment">Variables of the silos.</param>
    /// <param name="address">Of their cluster.</param>
    /// <param name="loseAsync">Ends the second silo.</param>
    public static async Task RunAsync(string[] clustering, IReadOnlyDictionary<string, string>? environment, ClusterAddress address, Func<SiloProcess, Task> loseAsync)
    {
        var expected = await TestRun.UndisturbedHashAsync();
        var store = TestRun.NewStore();
        var silos = await SiloProcess.StartManyAsync(2, store, environment, clustering);
        await using var first = silos[0];
        await using var second = silos[1];
        await WaitForTwoAsync(second);
        await using var client = await ClusterClient.ConnectAsync(address);
        await TestRun.StartAsync(client.Control);
        await TestRun.WaitAsync(client.Control, status => status.Step >= 12);
        await Task.WhenAll(RequireImagesAsync(first), RequireImagesAsync(second));   // A trainer on each.

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

    /// <summary>Waits until a silo knows of the other.</summary>
    public static async Task WaitForTwoAsync(SiloProcess silo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!(await silo.GetTextAsync("healthz/ready")).Contains("cluster: Healthy, 2 silos are active.", StringComparison.Ordinal))
        {
            await Task.Delay(50, limit.Token);
        }
    }

    private static async Task RequireImagesAsync(SiloProcess silo) => Assert.Contains("afa_train_images_total", await silo.GetTextAsync("metrics"), StringComparison.Ordinal);
}
