using System.Net;
using Afa.Client.Control;
using Afa.Silo.Api;
using Xunit;

namespace Afa.Tests.Silo.Api;

/// <summary>A silo and its clients as processes of their own, which speak HTTP.</summary>
public sealed class ServerProcessTests
{
    private const string Key = "0123456789abcdef0123456789abcdef";

    private static readonly string[] s_training =
    [
        "--run", "run", "--method", "trades", "--train-images", "0", "--width", "0.25", "--batch-size", "40", "--epochs", "12", "--trainers", "2", "--attack-steps", "3",
        "--no-evaluate", "--data-dir", TestRun.Options.DataDirectory!,
    ];

    [Fact]
    public async Task ClientAndSilo_KilledInTheMiddle_TheRunEndsWithTheSameWeights()
    {
        var expected = await TestRun.UndisturbedHashAsync();
        var folder = TestRun.NewStore();
        var store = Path.Combine(folder, "store");
        var port = ServerProcess.FreePort();
        var server = $"http://127.0.0.1:{port}";
        using var http = new HttpClient { BaseAddress = new Uri(server) };
        var control = new HttpControl(http);

        await using (var silo = await SiloProcess.StartAsync(store, port))
        {
            await using var train = Client(folder, ["train", .. s_training, "--server", server]);
            await TestRun.WaitAsync(control, status => status.Step >= 4);
            await train.KillAsync();
            await TestRun.WaitAsync(control, status => status.Step >= 12);   // Past the first epoch's checkpoint, and nobody watches.
            await silo.Process.KillAsync();
        }

        await using var watch = Client(folder, ["watch", "run", "--server", server]);   // Waits for the silo.
        await using (var silo = await SiloProcess.StartAsync(store, port))
        {
            Assert.True(await watch.WaitAsync() == 0, watch.Output + silo.Process.Output);   // The silo has found the run by itself.
            Assert.Contains("Checkpoint: runs/run/checkpoints/step-00000120", watch.Output, StringComparison.Ordinal);
            Assert.Equal(expected, TestRun.FinalHash(store));
            Assert.True((await control.GetTrainingAsync("run"))!.Recoveries > 0);

            await RunAsync(folder, server, "evaluate", "run", "--attack", "fgsm", "--images", "20", "--data-dir", TestRun.Options.DataDirectory!);
            Assert.Contains("run", await RunAsync(folder, server, "leaderboard"), StringComparison.Ordinal);
            var file = Path.Combine(folder, "weights.safetensors");
            await RunAsync(folder, server, "checkpoints", "export", "run", "--to", file);
            Assert.Contains("Imported runs/copy/checkpoints/imported", await RunAsync(folder, server, "checkpoints", "import", file, "--dataset", "fashion-mnist", "--run", "copy"), StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(Path.Combine(folder, "afa-store")));   // The store is the silo's.
    }

    [Fact]
    public async Task Key_IsAskedForOfClientsAndPages_AndNeverShown()
    {
        var folder = TestRun.NewStore();
        var port = ServerProcess.FreePort();
        var server = $"http://127.0.0.1:{port}";
        await using var silo = await SiloProcess.StartAsync(Path.Combine(folder, "store"), port, new Dictionary<string, string> { [ApiKey.Variable] = Key });

        Assert.Equal(HttpStatusCode.Unauthorized, (await silo.GetAsync("api/v1/trainings"))!.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await silo.GetAsync(""))!.StatusCode);
        Assert.Equal("Healthy", await silo.GetTextAsync("healthz/live"));

        await using var without = Client(folder, ["runs", "--server", server]);
        Assert.Equal(1, await without.WaitAsync());
        Assert.Contains("The key is missing or wrong. The client has it from AFA_API_KEY", without.Output, StringComparison.Ordinal);

        var file = Path.Combine(folder, "key");
        await File.WriteAllTextAsync(file, Key + "\n");
        await using var with = Client(folder, ["runs", "--server", server], new Dictionary<string, string> { [ApiKey.FileVariable] = file });
        Assert.True(await with.WaitAsync() == 0, with.Output);
        Assert.Contains($"There are no runs in server {server}.", with.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, with.Output + without.Output + silo.Process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_ThatIsNoSilo_IsNamedSo()
    {
        using var other = new HttpListener();
        var server = $"http://127.0.0.1:{ServerProcess.FreePort()}/";
        other.Prefixes.Add(server);
        other.Start();
        var answering = Task.Run(async () =>
        {
            var context = await other.GetContextAsync();
            context.Response.ContentType = "text/html";
            context.Response.Close("<html>"u8.ToArray(), willBlock: true);
        });

        await using var client = Client(TestRun.NewStore(), ["runs", "--server", server]);
        Assert.Equal(1, await client.WaitAsync());
        await answering;
        Assert.Contains($"What answers at {server} is no silo of AFA", client.Output, StringComparison.Ordinal);
    }

    private static ServerProcess Client(string folder, string[] arguments, Dictionary<string, string>? environment = null) => new(
        "sh", ["-c", "cd \"$0\" && exec dotnet \"$@\"", folder, Path.Combine(AppContext.BaseDirectory, "afa.dll"), .. arguments], environment);

    private static async Task<string> RunAsync(string folder, string server, params string[] arguments)
    {
        await using var process = Client(folder, [.. arguments, "--server", server]);
        Assert.True(await process.WaitAsync() == 0, process.Output);
        return process.Output;
    }
}
