using System.Net;
using Afa.Grains;
using Xunit;

namespace Afa.Tests.Silo;

/// <summary>The silo as a process of its own, on localhost clustering.</summary>
public sealed class SiloProcessTests
{
    /// <summary>Names of the design, section 8, each with a label that must be there.</summary>
    private static readonly string[] s_trainingNames =
    [
        "afa_train_images_total", "afa_train_step_duration_seconds_bucket{", "phase=\"data\"", "phase=\"attack\"", "phase=\"backward\"", "phase=\"reduce\"", "phase=\"update\"",
        "afa_train_loss", "afa_train_clean_accuracy_ratio", "afa_train_robust_accuracy_ratio", "afa_gradient_bytes_total", "afa_gradient_reduce_duration_seconds_bucket",
        "afa_checkpoint_write_duration_seconds_bucket", "afa_checkpoint_bytes_total", "afa_checkpoint_failures_total", "afa_device_queue_length", "afa_device_busy_ratio",
        "afa_run_info{", "method=\"trades\"", "model=\"small-cnn\"", "dataset=\"fashion-mnist\"", "afa_evaluation_units{", "orleans_", "dotnet_gc_",
    ];

    private static readonly string[] s_evaluationNames =
    [
        "afa_attack_samples_total{", "afa_attack_broken_total{", "attack=\"square\"", "attack=\"apgd-ce\"", "state=\"waiting\"", "state=\"leased\"", "state=\"done\"",
    ];

    [Fact]
    public async Task Terminated_InTheMiddleOfARun_WritesACheckpointAndGoesOnAfterARestart()
    {
        var expected = await TestRun.UndisturbedHashAsync();
        var store = TestRun.NewStore();
        await using (var silo = await SiloProcess.StartAsync(store))
        {
            Assert.Equal("Healthy", await silo.GetTextAsync("healthz/live"));
            Assert.Contains("devices: Healthy, 2 slots", await silo.GetTextAsync("healthz/ready"), StringComparison.Ordinal);
            await using var client = await silo.ConnectAsync();
            await TestRun.StartAsync(client.Control);
            await TestRun.WaitAsync(client.Control, status => status.Step >= 12);   // In the second epoch of 10 steps.

            var text = await silo.GetTextAsync("metrics");
            Assert.All(s_trainingNames, name => Assert.Contains(name, text, StringComparison.Ordinal));
            Assert.DoesNotContain("\"run\"", text, StringComparison.Ordinal);   // No label tells a run's name.

            Assert.Equal(0, await silo.Process.TerminateAsync());
            Assert.Contains("Run run is handed over", silo.Process.Output, StringComparison.Ordinal);
        }

        var checkpoints = TestRun.Checkpoints(store);
        Assert.NotEmpty(checkpoints);
        Assert.False(Directory.Exists(Path.Combine(store, "runs", "run", "heartbeat.json")));

        await using (var silo = await SiloProcess.StartAsync(store))
        {
            // Nobody asks for the run: the silo finds it by itself.
            await using var client = await silo.ConnectAsync();
            await TestRun.WaitAsync(client.Control, status => status.State == RunState.Completed);
        }

        Assert.Equal(expected, TestRun.FinalHash(store));
    }

    [Fact]
    public async Task Client_AgainstARunningSilo_TrainsEvaluatesAndLists()
    {
        var folder = TestRun.NewStore();
        await using var silo = await SiloProcess.StartAsync(Path.Combine(folder, "store"));
        string[] train =
        [
            "train", "--method", "ce", "--train-images", "0", "--width", "0.25", "--batch-size", "40", "--epochs", "1", "--images", "40", "--run", "mine",
            "--data-dir", TestRun.Options.DataDirectory!, "--cluster", silo.Gateway,
        ];

        var trained = await RunClientAsync(folder, train);
        Assert.True(trained.Code == 0, trained.Output);
        Assert.Contains("Report: " + Path.Combine(folder, "afa-reports", "runs", "mine"), trained.Output, StringComparison.Ordinal);
        var evaluated = await RunClientAsync(folder, "evaluate", "mine", "--attack", "apgd-ce+square", "--images", "40", "--data-dir", TestRun.Options.DataDirectory!, "--cluster", silo.Gateway);
        Assert.True(evaluated.Code == 0, evaluated.Output);
        Assert.Contains("mine", (await RunClientAsync(folder, "leaderboard", "--cluster", silo.Gateway)).Output, StringComparison.Ordinal);
        Assert.Contains("Checkpoint: ", (await RunClientAsync(folder, "watch", "mine", "--cluster", silo.Gateway)).Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder, "afa-store")));   // The store is the silo's.

        var text = await silo.GetTextAsync("metrics");
        Assert.All(
            s_evaluationNames,
            name => Assert.Contains(name, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ready_StoreIsGone_IsRefused_WhileTheSiloLives()
    {
        var store = TestRun.NewStore();
        await using var silo = await SiloProcess.StartAsync(store);
        Directory.Delete(store, recursive: true);
        await Task.Delay(TimeSpan.FromSeconds(1.1), TestContext.Current.CancellationToken);   // So long an answer holds.

        using var ready = await silo.GetAsync("healthz/ready");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready!.StatusCode);
        Assert.Contains("store: Unhealthy, The store is not there.", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("Healthy", await silo.GetTextAsync("healthz/live"));
    }

    [Fact]
    public async Task Client_WithoutASilo_SaysWhatToDo()
    {
        var failed = await RunClientAsync(TestRun.NewStore(), "runs", "--cluster", $"127.0.0.1:{ServerProcess.FreePort()}");

        Assert.Equal(1, failed.Code);
        Assert.Contains("No silo answers at cluster 127.0.0.1", failed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", failed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_WithAMetricsPort_ServesThemWhileItWorks()
    {
        var port = ServerProcess.FreePort();
        await using var train = Client(
            TestRun.NewStore(), "train", "--method", "trades", "--train-images", "0", "--width", "0.25", "--batch-size", "40", "--epochs", "100", "--attack-steps", "3",
            "--no-evaluate", "--data-dir", TestRun.Options.DataDirectory!, "--metrics-port", $"{port}");
        using var http = new HttpClient();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var text = "";
        while (!text.Contains("afa_train_clean_accuracy_ratio", StringComparison.Ordinal))
        {
            Assert.False(train.HasExited || limit.IsCancellationRequested, train.Output + text);
            await Task.Delay(50, CancellationToken.None);
            try
            {
                text = await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), limit.Token);
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
        }

        Assert.Contains("afa_run_info{", text, StringComparison.Ordinal);
    }

    private static ServerProcess Client(string folder, params string[] arguments) => new(
        "sh", ["-c", "cd \"$0\" && exec dotnet \"$@\"", folder, Path.Combine(AppContext.BaseDirectory, "afa.dll"), .. arguments]);

    private static async Task<(int Code, string Output)> RunClientAsync(string folder, params string[] arguments)
    {
        await using var process = Client(folder, arguments);
        return (await process.WaitAsync(), process.Output);
    }
}
