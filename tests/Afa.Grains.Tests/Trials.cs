using System.Globalization;
using Afa.Compute;
using Microsoft.Extensions.DependencyInjection;

namespace Afa.Tests.Grains;

/// <summary>What the trials of runs and of federations share.</summary>
internal static class Trials
{
    /// <summary>How many use one cluster, after which the next one begins afresh.</summary>
    public const int PerCluster = 10;

    /// <summary>Seed of the one trial that is to be repeated; null: all are tried.</summary>
    public static int? Only { get; } = Environment.GetEnvironmentVariable("AFA_TRIAL_SEED") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    public static IEnumerable<int> Seeds(int quick, int full) =>
        Only is { } seed ? [seed] : Enumerable.Range(0, Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1" ? full : quick);

    /// <summary>A trial's failure, with how to have it again.</summary>
    public static InvalidOperationException Failed(int seed, IEnumerable<Fault> plan, Exception exception) =>
        new($"The trial of seed {seed} failed ({string.Join("; ", plan)}); AFA_TRIAL_SEED={seed} repeats it. {exception.Message}", exception);

    /// <summary>Waits until nobody holds a device slot of a living silo.</summary>
    public static async Task RequireFreeSlotsAsync(TestCluster cluster)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        foreach (var silo in cluster.Silos.Silos)
        {
            var pool = cluster.Silos.GetSiloServiceProvider(silo.SiloAddress).GetRequiredService<DevicePool>();
            while (!IsFree(pool))
            {
                Assert.False(limit.IsCancellationRequested, $"A device slot of {silo.Name} was not given back.");
                await Task.Delay(20, CancellationToken.None);
            }
        }
    }

    private static bool IsFree(DevicePool pool)
    {
        var leases = Enumerable.Range(0, pool.Slots).Select(_ => pool.TryLease()).ToList();
        leases.ForEach(lease => lease?.Dispose());
        return leases.TrueForAll(lease => lease is not null);
    }
}
