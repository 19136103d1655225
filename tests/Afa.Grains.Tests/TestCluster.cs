using Microsoft.Extensions.Logging;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Compute;
using Afa.Grains;
using Afa.Storage;
using Afa.Training;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.TestingHost;

namespace Afa.Tests.Grains;

/// <summary>Silos in this process over one store, as a cluster would have.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly List<DevicePool> _devices;

    private TestCluster(InProcessTestCluster cluster, IBlobStore store, List<DevicePool> devices)
    {
        Silos = cluster;
        Store = store;
        _devices = devices;
    }

    public InProcessTestCluster Silos { get; }

    public IBlobStore Store { get; }

    /// <summary>Of each silo that was ever started.</summary>
    public IReadOnlyList<DevicePool> Devices
    {
        get
        {
            lock (_devices)
            {
                return [.. _devices];
            }
        }
    }

    public CheckpointStore Checkpoints => new(Store);

    public IAfaControl Control => new GrainControl(Silos.Client);

    /// <param name="recovery">Null: as in a cluster, but sooner.</param>
    /// <param name="owner">Whose each silo is that is started, counted from 0; null: nobody's.</param>
    /// <param name="log">Gets what the silos log.</param>
    /// <param name="calls">Gets the calls of grains.</param>
    public static async Task<TestCluster> StartAsync(int silos, IBlobStore? store = null, RunRecoveryOptions? recovery = null, Func<int, SiloOwner>? owner = null, ILoggerProvider? log = null, IIncomingGrainCallFilter? calls = null)
    {
        store ??= NewStore();
        var devices = new List<DevicePool>();
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.ConfigureSilo((_, silo) =>
        {
            var pool = new DevicePool(2, 1);
            int place;
            lock (devices)
            {
                place = devices.Count;
                devices.Add(pool);
            }

            silo.AddAfaGrains(store, pool, owner?.Invoke(place));
            if (Environment.GetEnvironmentVariable("AFA_TEST_LOG") is { Length: > 0 } folder)
            {
                silo.Services.AddSingleton<ILoggerProvider>(new FileLog(folder));
            }

            if (log is not null)
            {
                silo.Services.AddSingleton(log);
            }

            if (calls is not null)
            {
                silo.AddIncomingGrainCallFilter(calls);
            }

            silo.Services.AddSingleton(Microsoft.Extensions.Options.Options.Create(recovery ?? new RunRecoveryOptions { ResumesOnActivation = true, FirstDelay = TimeSpan.FromMilliseconds(100) }));
            silo.Configure<ClusterMembershipOptions>(membership =>
            {
                // A killed silo is noticed in a second or two, not in a minute.
                membership.ProbeTimeout = TimeSpan.FromMilliseconds(500);
                membership.NumMissedProbesLimit = 2;
                membership.NumVotesForDeathDeclaration = 1;
                membership.TableRefreshTimeout = TimeSpan.FromSeconds(1);
            });
        });
        var result = new TestCluster(builder.Build(), store, devices);
        await result.Silos.DeployAsync();
        return result;
    }

    public static DirectoryBlobStore NewStore() => new(Directory.CreateTempSubdirectory("afa-store-").FullName);

    public async Task<TrainingRunStatus> TrainAsync(string run, TrainingOptions options)
    {
        await Control.StartTrainingAsync(run, JsonSerializer.Serialize(options, AfaJson.Options));
        return await WaitAsync(run, status => status.State != RunState.Running);
    }

    /// <summary>Polls until the run is as wanted; a call that fails because a silo or the store is gone is repeated.</summary>
    public async Task<TrainingRunStatus> WaitAsync(string run, Func<TrainingRunStatus, bool> isWanted)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        object? last = null;
        while (!limit.IsCancellationRequested)
        {
            try
            {
                var status = await Control.GetTrainingAsync(run, limit.Token);
                last = status;
                if (status is not null && isWanted(status))
                {
                    return status;
                }
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException or OperationCanceledException or IOException)
            {
                last = exception;
            }

            await Task.Delay(20);
        }

        throw new TimeoutException($"Run '{run}' is not as wanted. Last heard: {last}");
    }

    /// <summary>All bytes of the weights in the newest checkpoint.</summary>
    public async Task<byte[]> FinalWeightsAsync(string run)
    {
        var latest = await Checkpoints.LoadLatestGoodAsync($"runs/{run}/checkpoints/");
        return Weights(latest.Checkpoint!);
    }

    /// <summary>All bytes of the weights, in the order of their names.</summary>
    public static byte[] Weights(Checkpoint checkpoint) => [.. checkpoint.Model.OrderBy(entry => entry.Key, StringComparer.Ordinal).SelectMany(entry => entry.Value.Data.ToArray())];

    public async ValueTask DisposeAsync()
    {
        await Silos.DisposeAsync();
        foreach (var pool in Devices)
        {
            pool.Dispose();
        }
    }
}
