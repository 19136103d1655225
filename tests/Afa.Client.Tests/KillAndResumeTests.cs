using System.Diagnostics;
using Afa.Tests.Grains;
using Xunit;

namespace Afa.Client.Tests;

/// <summary>The real program, in a process of its own, killed with SIGKILL at random moments and resumed.</summary>
public sealed class KillAndResumeTests
{
    private static readonly string[] Options =
    [
        "--train-images", "0", "--width", "0.25", "--batch-size", "40", "--epochs", "6", "--head-epochs", "3", "--attack-steps", "3",
        "--no-evaluate", "--data-dir", TestData.Write(trainImages: 400, testImages: 40), "--run", "run",
    ];

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

    private static Dictionary<string, string> FinalFiles(string store)
    {
        // Model and optimizer files are named by their hash, so equal names are equal bytes; the bytes are compared all the same.
        var folder = Directory.GetDirectories(Path.Combine(store, "runs", "run", "checkpoints")).Order(StringComparer.Ordinal).Last();
        return Directory.GetFiles(folder, "*.safetensors").ToDictionary(file => Path.GetFileName(folder) + "/" + Path.GetFileName(file), file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))));
    }

    private static string NewStore() => Directory.CreateTempSubdirectory("afa-store-").FullName;

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
