using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Afa.Tests.Grains;
using Xunit;

namespace Afa.Client.Tests;

/// <summary>The real program, in a process of its own, killed with SIGKILL at random moments and resumed.</summary>
public sealed class KillAndResumeTests
{
    private static readonly string[] Options =
    [
        "--train-images", "0", "--width", "0.25", "--batch-size", "40", "--epochs", "6", "--head-epochs", "3", "--attack-steps", "3",
        "--ema", "0.9", "--validation-images", "40", "--set", "validation.steps=5",
        "--no-evaluate", "--data-dir", TestData.Write(trainImages: 400, testImages: 40), "--run", "run",
    ];

    /// <summary>Where the trials of a sweep leave what they found.</summary>
    private static readonly string[] s_trialFolders = ["runs", "evaluations"];

    [Fact]
    public async Task Train_KilledAndResumed_GivesTheSameWeightsBitForBit()
    {
        var isLong = Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1";
        var undisturbed = NewStore();
        var whole = Stopwatch.StartNew();
        Assert.Equal(0, await FinishAsync(Start(undisturbed, ["train", .. Options])));
        whole.Stop();

        var random = new Random(7);
        for (var trial = 0; trial < (isLong ? 20 : 2); trial++)
        {
            var store = NewStore();
            var kills = 0;
            string[] command = ["train", .. Options];
            while (true)
            {
                using var process = Start(store, command);
                // From the silo's start to the last checkpoint; a later kill finds the run complete.
                var patience = TimeSpan.FromMilliseconds(random.Next(700, (int)whole.ElapsedMilliseconds + 500));
                var ended = await Task.WhenAny(process.WaitForExitAsync(), Task.Delay(patience));
                if (process.HasExited || kills == 4)
                {
                    Assert.Equal(0, await FinishAsync(process));
                    break;
                }

                process.Kill();   // SIGKILL
                await process.WaitForExitAsync();
                kills++;
                // Killed before the run was stored, there is nothing to resume: the user starts it again.
                command = File.Exists(Path.Combine(store, "state", "training-run", "run.json"))
                    ? ["train", "--resume", "run", "--no-evaluate"]
                    : ["train", .. Options];
            }

            Assert.Equal(FinalFiles(undisturbed), FinalFiles(store));
        }
    }

    [Fact]
    public async Task Evaluate_KilledAndResumed_GivesTheSameResultAndRunsNoFinishedUnitAgain()
    {
        var isLong = Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1";
        var (checkpoints, images, trials, mostKills) = isLong ? (4, 100, 5, 5) : (2, 128, 1, 2);
        var data = TestData.Write(trainImages: 200, testImages: images);
        var trained = NewStore();
        Assert.Equal(0, await FinishAsync(Start(
            trained,
            ["train", "--method", "ce", "--train-images", "0", "--width", "0.25", "--batch-size", "20", "--epochs", $"{checkpoints}", "--no-evaluate", "--data-dir", data, "--run", "run"])));
        string[] evaluate = ["evaluate", "run/*", "--attack", "apgd-ce+square", "--epsilon", "0.2", "--images", $"{images}", "--devices", "cpu:4", "--save-adversarial", "--name", "job"];

        var undisturbed = CopyOf(trained);
        Assert.Equal(0, await FinishAsync(Start(undisturbed, evaluate)));
        var units = UnitFiles(undisturbed).Length;
        Assert.True(units >= 2 * checkpoints, $"{units} units are too few to be interrupted between.");

        var random = new Random(11);
        for (var trial = 0; trial < trials; trial++)
        {
            var store = CopyOf(trained);
            var finished = new Dictionary<string, (string Bytes, DateTime WrittenAt)>();
            for (var kills = 0; !IsCompleted(store); kills++)
            {
                // Killed before the evaluation was stored, there is nothing to resume: the user starts it again.
                using var process = Start(store, File.Exists(Path.Combine(store, "state", "evaluation-run", "job.json")) ? ["evaluate", "--resume", "job", "--devices", "cpu:4"] : evaluate);
                if (kills < mostKills)
                {
                    // Some units later, and a moment on: in the first units, in the next ones, or while the result is put together.
                    var ended = process.WaitForExitAsync();
                    var enough = finished.Count + random.Next(kills == 0 ? 1 : 0, 1 + (units / (mostKills + 1)));
                    while (!ended.IsCompleted && UnitFiles(store).Length < enough)
                    {
                        await Task.WhenAny(ended, Task.Delay(10));
                    }

                    await Task.WhenAny(ended, Task.Delay(random.Next(0, 300)));
                }

                if (process.HasExited || kills == mostKills)
                {
                    Assert.Equal(0, await FinishAsync(process));
                    break;
                }

                process.Kill();   // SIGKILL; perhaps while it writes the report, when there is nothing left to resume.
                await process.WaitForExitAsync();
                var now = Units(store);
                Assert.All(finished, unit => Assert.Equal(unit.Value, now[unit.Key]));
                finished = now;
            }

            Assert.NotEmpty(finished);
            var records = Units(store);
            Assert.Equal(units, records.Count);
            Assert.All(finished, unit => Assert.Equal(unit.Value, records[unit.Key]));   // Not written again.
            Assert.Equal(Result(undisturbed), Result(store));
            Assert.Equal(AdversarialImages(undisturbed), AdversarialImages(store));
        }
    }

    [Fact]
    public async Task Sweep_KilledAndResumed_GivesTheSameTableAndRunsNoFinishedTrialAgain()
    {
        var isLong = Environment.GetEnvironmentVariable("AFA_LONG_TESTS") == "1";
        var (trials, mostKills) = isLong ? (5, 5) : (1, 2);
        var data = TestData.Write(trainImages: 400, testImages: 40);
        string[] sweep =
        [
            "sweep", "--grid", "method=ce,pgd-at", "--seeds", "0,1", "--train-images", "0", "--width", "0.25", "--batch-size", "40", "--epochs", "3", "--attack-steps", "2",
            "--attack", "pgd-5", "--images", "40", "--data-dir", data, "--devices", "cpu:2", "--name", "s",
        ];
        var undisturbed = NewStore();
        Assert.Equal(0, await FinishAsync(Start(undisturbed, sweep)));

        var random = new Random(5);
        for (var trial = 0; trial < trials; trial++)
        {
            var store = NewStore();
            var finished = new Dictionary<string, (string Bytes, DateTime WrittenAt)>();
            for (var kills = 0; ; kills++)
            {
                // Killed before the sweep was stored, there is nothing to resume: the user starts it again.
                using var process = Start(store, File.Exists(Path.Combine(store, "state", "sweep", "s.json")) ? ["sweep", "--resume", "s", "--devices", "cpu:2"] : sweep);
                if (kills < mostKills)
                {
                    // Between a first and a third checkpoint or result more than there were, the last time not before a result, and a moment on.
                    var ended = process.WaitForExitAsync();
                    var enough = SweepFiles(store).Count() + random.Next(1, 4);
                    while (!ended.IsCompleted && (SweepFiles(store).Count() < enough || (kills == mostKills - 1 && TrialResults(store).Count == 0)))
                    {
                        await Task.WhenAny(ended, Task.Delay(10));
                    }

                    await Task.WhenAny(ended, Task.Delay(random.Next(0, 200)));
                }

                if (process.HasExited || kills == mostKills)
                {
                    Assert.Equal(0, await FinishAsync(process));
                    break;
                }

                process.Kill();   // SIGKILL
                await process.WaitForExitAsync();
                Assert.All(finished, result => Assert.Equal(result.Value, TrialResults(store)[result.Key]));
                finished = TrialResults(store);
            }

            Assert.Equal(4, TrialResults(store).Count);
            Assert.NotEmpty(finished);
            Assert.All(finished, result => Assert.Equal(result.Value, TrialResults(store)[result.Key]));   // Not written again.
            Assert.Equal(SweepTable(undisturbed), SweepTable(store));
        }
    }

    /// <summary>Checkpoints and results of trials, without the sweep's own.</summary>
    private static IEnumerable<string> SweepFiles(string store) =>
        s_trialFolders.Select(folder => Path.Combine(store, folder)).Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.json", SearchOption.AllDirectories)).Where(file => Path.GetFileName(file) is "state.json" or "result.json");

    private static Dictionary<string, (string Bytes, DateTime WrittenAt)> TrialResults(string store) =>
        SweepFiles(store).Where(file => Path.GetFileName(file) == "result.json").ToDictionary(file => Path.GetRelativePath(store, file), file => (HashOf(file), File.GetLastWriteTimeUtc(file)));

    /// <summary>Every figure of the sweep's result, without times.</summary>
    private static string SweepTable(string store)
    {
        var result = JsonNode.Parse(File.ReadAllText(Path.Combine(store, "sweeps", "s", "report", "result.json")))!;
        RemoveTimes(result);
        return result.ToJsonString();
    }

    private static bool IsCompleted(string store)
    {
        var state = Path.Combine(store, "state", "evaluation-run", "job.json");
        return File.Exists(state) && (string?)JsonNode.Parse(File.ReadAllText(state))!["state"] == "completed";
    }

    /// <summary>The records of finished units.</summary>
    private static string[] UnitFiles(string store)
    {
        var folder = Path.Combine(store, "evaluations", "job", "units");
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*.json") : [];
    }

    private static Dictionary<string, (string Bytes, DateTime WrittenAt)> Units(string store) =>
        UnitFiles(store).ToDictionary(file => Path.GetFileName(file), file => (HashOf(file), File.GetLastWriteTimeUtc(file)));

    /// <summary>The result without what differs from run to run: times and dates.</summary>
    private static string Result(string store)
    {
        var result = JsonNode.Parse(File.ReadAllText(Path.Combine(store, "evaluations", "job", "result.json")))!;
        RemoveTimes(result);
        return result.ToJsonString();
    }

    private static void RemoveTimes(JsonNode? node)
    {
        if (node is JsonObject parent)
        {
            parent.Remove("createdAt");
            parent.Remove("seconds");
            parent.Remove("trainingSeconds");
            parent.Remove("evaluationSeconds");
            parent.Remove("imagesPerSecond");
        }

        foreach (var child in node switch { JsonObject members => members.Select(member => member.Value), JsonArray items => items, _ => [] })
        {
            RemoveTimes(child);
        }
    }

    private static Dictionary<string, string> AdversarialImages(string store) =>
        Directory.GetFiles(Path.Combine(store, "evaluations", "job"), "*.npz").ToDictionary(file => Path.GetFileName(file), HashOf);

    private static Dictionary<string, string> FinalFiles(string store)
    {
        // Model and optimizer files are named by their hash, so equal names are equal bytes; the bytes are compared all the same.
        var folder = Directory.GetDirectories(Path.Combine(store, "runs", "run", "checkpoints")).Order(StringComparer.Ordinal).Last();
        return Directory.GetFiles(folder, "*.safetensors").ToDictionary(file => Path.GetFileName(folder) + "/" + Path.GetFileName(file), HashOf);
    }

    private static string HashOf(string file) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));

    private static string NewStore() => Directory.CreateTempSubdirectory("afa-store-").FullName;

    private static string CopyOf(string store)
    {
        var copy = NewStore();
        foreach (var file in Directory.GetFiles(store, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(store, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return copy;
    }

    private static Process Start(string store, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "afa.dll"), .. arguments, "--store", store])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) => TestContext.Current.SendDiagnosticMessage("{0}", line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task<int> FinishAsync(Process process)
    {
        await process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(3)).Token);
        return process.ExitCode;
    }
}
