using System.Security.Cryptography;
using System.Text.Json;
using Afa.Grains;
using Afa.Tests.Grains;
using Afa.Training;

namespace Afa.Tests.Silo;

/// <summary>A training of some seconds, on the silos' side, and what it leaves.</summary>
internal static class TestRun
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(4);
    private static readonly string s_data = TestData.Write(trainImages: 400, testImages: 40);

    private static readonly Lazy<Task<string>> s_undisturbed = new(UndisturbedAsync);

    public static TrainingOptions Options { get; } = new()
    {
        Method = TrainingMethod.Trades,
        Dataset = "fashion-mnist",
        DataDirectory = s_data,
        Model = "small-cnn",
        ModelWidth = 0.25,
        TrainImages = 0,
        BatchSize = 40,
        Epochs = 12,
        Trainers = 2,
        Attack = new() { Steps = 3 },
    };

    public static string NewStore() => Directory.CreateTempSubdirectory("afa-store-").FullName;

    public static Task StartAsync(IAfaControl control) => control.StartTrainingAsync("run", JsonSerializer.Serialize(Options, AfaJson.Options));

    /// <summary>What the training ends with that nothing disturbs, on an embedded silo; as <see cref="FinalHash"/>.</summary>
    public static Task<string> UndisturbedHashAsync() => s_undisturbed.Value;

    private static async Task<string> UndisturbedAsync()
    {
        var store = NewStore();
        await using var silo = await Afa.Silo.EmbeddedSilo.StartAsync(new() { Store = store, DeviceSlots = Afa.Compute.DeviceSlots.Cpu(2) });
        await StartAsync(silo.Control);
        await WaitAsync(silo.Control, status => status.State == RunState.Completed);
        return FinalHash(store);
    }

    /// <summary>Polls until the run is as wanted.</summary>
    public static async Task<TrainingRunStatus> WaitAsync(IAfaControl control, Func<TrainingRunStatus, bool> isWanted)
    {
        using var limit = new CancellationTokenSource(s_longest);
        TrainingRunStatus? status = null;
        while (!limit.IsCancellationRequested)
        {
            try
            {
                status = await control.GetTrainingAsync("run", limit.Token);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            Xunit.Assert.False(status?.State == RunState.Failed, status?.Message);
            if (status is not null && isWanted(status))
            {
                return status;
            }

            await Task.Delay(20, CancellationToken.None);
        }

        throw new TimeoutException($"The run is not as wanted. Last heard: {status?.State}, step {status?.Step} after {status?.Elapsed}, {status?.Recoveries} recoveries. {status?.Message}");
    }

    /// <summary>SHA-256 over the tensor files of the last checkpoint.</summary>
    public static string FinalHash(string store)
    {
        var folder = Directory.GetDirectories(Path.Combine(store, "runs", "run", "checkpoints")).Order(StringComparer.Ordinal).Last();
        var files = Directory.GetFiles(folder, "*.safetensors").Order(StringComparer.Ordinal).Select(file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))));
        return $"{Path.GetFileName(folder)} {string.Join(' ', files)}";
    }

    /// <summary>Steps of the checkpoints that are stored.</summary>
    public static IReadOnlyList<string> Checkpoints(string store, string run = "run")
    {
        var folder = Path.Combine(store, "runs", run, "checkpoints");
        return Directory.Exists(folder) ? [.. Directory.GetDirectories(folder).Select(name => Path.GetFileName(name)!).Order(StringComparer.Ordinal)] : [];
    }
}
