using System.Diagnostics;
using System.Globalization;
using Afa.Grains;
using Afa.Silo;
using Xunit;

namespace Afa.Tests.Silo;

/// <summary>Three silo processes over a real Redis, of which some get a kill -9. Long: a death takes a while to be noticed. AFA_TRIAL_SEED=N repeats the trial of a seed.</summary>
public sealed class RedisRecoveryTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private const int Silos = 3;
    private const int Trials = 10;
    private const int Steps = 120;   // Of TestRun.

    [Fact]
    public async Task Silos_KilledAtRandomMoments_TheRunEndsWithTheSameWeights()
    {
        RequireLong();
        var expected = await TestRun.UndisturbedHashAsync();
        var (started, kills, recoveries) = (Stopwatch.GetTimestamp(), 0, 0);
        int[] seeds = Environment.GetEnvironmentVariable("AFA_TRIAL_SEED") is { Length: > 0 } only ? [int.Parse(only, CultureInfo.InvariantCulture)] : [.. Enumerable.Range(0, Trials)];
        foreach (var seed in seeds)
        {
            var random = new Random(seed);
            var moments = Enumerable.Range(0, random.Next(1, 3)).Select(_ => random.Next(Steps)).Order().ToList();
            var store = TestRun.NewStore();
            var silos = await SiloProcess.StartManyAsync(Silos, store, null, Clustering($"trial-{seed}"));
            try
            {
                await using var client = await ConnectAsync($"trial-{seed}");
                await TestRun.StartAsync(client.Control);
                foreach (var moment in moments)
                {
                    await TestRun.WaitAsync(client.Control, status => status.Step >= moment || status.State != RunState.Running);
                    var victim = silos[random.Next(silos.Count)];
                    silos.Remove(victim);
                    await victim.Process.KillAsync();
                    await victim.DisposeAsync();
                    kills++;
                    silos.Add(await SiloProcess.StartAsync(store, Clustering($"trial-{seed}")));
                }

                recoveries += (await TestRun.WaitAsync(client.Control, status => status.State == RunState.Completed)).Recoveries;
                Assert.Equal(expected, TestRun.FinalHash(store));
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"The trial of seed {seed} failed, with kills at steps {string.Join(", ", moments)}; AFA_TRIAL_SEED={seed} repeats it. {exception.Message}\n{string.Join("\n", silos.Select(silo => silo.Process.Output))}", exception);
            }
            finally
            {
                await Task.WhenAll(silos.Select(silo => silo.DisposeAsync().AsTask()));
            }
        }

        Assert.True(seeds.Length == 1 || recoveries > 0, $"{kills} kills hit nobody.");
        TestContext.Current.TestOutputHelper?.WriteLine($"{seeds.Length} trials in {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s: {kills} kills, {recoveries} recoveries");
    }

    [Fact]
    public async Task ClientOfThreeSilos_OneIsKilled_TrainsToTheSameWeightsAndEvaluatesEightCheckpoints()
    {
        RequireLong();
        const string cluster = "three";
        string[] train =
        [
            "train", "--method", "trades", "--train-images", "0", "--width", "0.25", "--shards", "3", "--trainers", "3", "--batch-size", "30", "--epochs", "8", "--attack-steps", "3",
            "--no-evaluate", "--run", "run", "--data-dir", TestRun.Options.DataDirectory!,
        ];
        var undisturbed = TestRun.NewStore();
        await SucceedAsync([.. train, "--store", undisturbed]);

        var store = TestRun.NewStore();
        string[] connection = ["--redis", redis.Address, "--cluster-id", cluster];
        var silos = await SiloProcess.StartManyAsync(Silos, store, null, Clustering(cluster));
        try
        {
            await using var client = await ConnectAsync(cluster);
            var training = SucceedAsync([.. train, .. connection]);
            await TestRun.WaitAsync(client.Control, status => status.Step >= 20);
            await RequireAllAsync(silos, "afa_train_images_total");   // A trainer on each.
            await silos[1].Process.KillAsync();
            await training;
            Assert.Equal(TestRun.FinalHash(undisturbed), TestRun.FinalHash(store));

            await silos[1].DisposeAsync();
            silos[1] = await SiloProcess.StartAsync(store, Clustering(cluster));
            await SucceedAsync(["evaluate", "run/*", "--attack", "pgd-20", "--images", "40", "--name", "job", "--data-dir", TestRun.Options.DataDirectory!, .. connection]);
            await RequireAllAsync(silos, "afa_attack_samples_total");
            var evaluated = await client.Control.GetEvaluationAsync("job");
            Assert.Equal((RunState.Completed, 8 * 40), (evaluated!.State, evaluated.ImagesDone));
        }
        finally
        {
            await Task.WhenAll(silos.Select(silo => silo.DisposeAsync().AsTask()));
        }
    }

    private void RequireLong()
    {
        Assert.SkipWhen(redis.Missing is not null, redis.Missing ?? "");
        Assert.SkipUnless(Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1", "It takes a while until a death is noticed: ./test --long.");
    }

    private string[] Clustering(string cluster) => ["--clustering", "redis", "--redis", redis.Address, "--cluster-id", cluster];

    private Task<ClusterClient> ConnectAsync(string cluster) => ClusterClient.ConnectAsync(ClusterAddress.Read(null, redis.Address, cluster, null, _ => null, [])!);

    /// <summary>Runs the client as a process of its own.</summary>
    private static async Task SucceedAsync(string[] arguments)
    {
        await using var process = new ServerProcess("sh", ["-c", "cd \"$0\" && exec dotnet \"$@\"", TestRun.NewStore(), Path.Combine(AppContext.BaseDirectory, "afa.dll"), .. arguments]);
        Assert.True(await process.WaitAsync(TimeSpan.FromMinutes(6)) == 0, process.Output);
    }

    private static async Task RequireAllAsync(IReadOnlyList<SiloProcess> silos, string metric) =>
        Assert.All(await Task.WhenAll(silos.Select(silo => silo.GetTextAsync("metrics"))), text => Assert.Contains(metric, text, StringComparison.Ordinal));
}
