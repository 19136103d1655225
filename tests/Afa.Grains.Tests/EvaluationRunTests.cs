using System.Text.Json;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Training;

namespace Afa.Tests.Grains;

public sealed class EvaluationRunTests : IAsyncLifetime
{
    private static readonly string Data = TestData.Write(trainImages: 400, testImages: 200);

    private TestCluster _cluster = null!;
    private string _checkpoint = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync(silos: 2);
        var status = await _cluster.TrainAsync("run", new TrainingOptions
        {
            Method = TrainingMethod.Ce,
            DataDirectory = Data,
            TrainImages = 0,
            ModelWidth = 0.25,
            Epochs = 6,
            BatchSize = 40,
        });
        _checkpoint = status.Checkpoint!;
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private EvaluationOptions Options => new() { Checkpoint = _checkpoint, DataDirectory = Data, Images = 200 };

    [Fact]
    public async Task Evaluation_OfATrainedModel_CountsEveryImageOnceAndAttacksOnlyLower()
    {
        var result = await EvaluateAsync("e", Options);

        Assert.Equal(["clean", "fgsm", "pgd-20", "worst-case"], result.Attacks.Select(attack => attack.Attack));
        Assert.All(result.Attacks, attack => Assert.Equal(200, attack.Total));
        Assert.All(result.Attacks, attack => Assert.All(attack.Classes, c => Assert.Equal(20, c.Total)));
        var (clean, fgsm, pgd, worst) = (result.Attacks[0], result.Attacks[1], result.Attacks[2], result.Attacks[3]);
        Assert.True(clean.Accuracy > 0.9, $"The bars are easy to tell apart, but the clean accuracy is {clean.Accuracy}.");
        Assert.True(fgsm.Correct <= clean.Correct && pgd.Correct <= clean.Correct);
        Assert.True(worst.Correct <= Math.Min(fgsm.Correct, pgd.Correct));
        Assert.Equal("0.1", result.Epsilon);
        Assert.Equal(10, result.Examples.Count);
        Assert.Equal(10, result.Examples.Select(example => example.Label).Distinct().Count());
    }

    [Fact]
    public async Task Evaluation_InOtherSlices_GivesTheSameResult()
    {
        var whole = await EvaluateAsync("whole", Options);
        var pieces = await EvaluateAsync("pieces", Options with { BatchSize = 7 });

        Assert.Equal(Counts(whole), Counts(pieces));
    }

    [Fact]
    public async Task Slice_ThatIsStored_IsNotRunAgainAndADamagedOneIs()
    {
        await EvaluateAsync("first", Options with { BatchSize = 32 });
        var slices = new List<string>();
        await foreach (var blob in _cluster.Store.ListAsync("evaluations/first/slice-"))
        {
            slices.Add(blob.Name);
        }

        // Hand the finished slices to an evaluation that has none yet: one of them falsified, so that its use shows, one cut.
        var falsified = JsonSerializer.Deserialize<SliceOutcome>(await _cluster.Store.ReadAsync(slices[0], 1 << 20), AfaJson.Options)!;
        falsified = falsified with { Correct = falsified.Correct.ToDictionary(entry => entry.Key, entry => (IReadOnlyList<bool>)[.. entry.Value.Select(_ => false)]) };
        await _cluster.Store.WriteAsync(slices[0].Replace("first", "second", StringComparison.Ordinal), JsonSerializer.SerializeToUtf8Bytes(falsified, AfaJson.Options));
        var half = (await _cluster.Store.ReadAsync(slices[1], 1 << 20)).AsSpan(0, 100).ToArray();
        await _cluster.Store.WriteAsync(slices[1].Replace("first", "second", StringComparison.Ordinal), half);

        var first = await EvaluateAsync("first", Options with { BatchSize = 32 });
        var second = await EvaluateAsync("second", Options with { BatchSize = 32 });

        var lost = first.Attacks[0].Correct - second.Attacks[0].Correct;
        Assert.InRange(lost, 1, falsified.Labels.Count);
        Assert.Equal(200, second.Attacks[0].Total);
    }

    [Fact]
    public async Task Silo_KilledDuringAnEvaluation_TheResultIsTheSame()
    {
        var options = Options with { Attacks = ["pgd-50"], BatchSize = 10 };
        var undisturbed = await EvaluateAsync("undisturbed", options);

        await _cluster.Control.StartEvaluationAsync("disturbed", JsonSerializer.Serialize(options, AfaJson.Options));
        await _cluster.Silos.KillSiloAsync(_cluster.Silos.Silos[^1]);
        var disturbed = await EvaluateAsync("disturbed", options);

        Assert.Equal(Counts(undisturbed), Counts(disturbed));
    }

    [Theory]
    [InlineData("cifar-10", "[3, 32, 32] images of 10 classes")]
    [InlineData("fashion-mnist", null)]
    public async Task Evaluation_OnDataThatDoesNotFit_FailsWithOneSentence(string dataset, string? expected)
    {
        await _cluster.Control.StartEvaluationAsync("e", JsonSerializer.Serialize(Options with { Dataset = dataset, Images = 50 }, AfaJson.Options));
        var status = await WaitAsync("e");

        Assert.Equal(expected is null ? RunState.Completed : RunState.Failed, status.State);
        if (expected is not null)
        {
            Assert.Contains(expected, status.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Evaluation_OfMoreImagesThanThereAre_FailsAndNamesBothCounts()
    {
        await _cluster.Control.StartEvaluationAsync("e", JsonSerializer.Serialize(Options with { Images = 201 }, AfaJson.Options));

        Assert.Matches("201.*200", (await WaitAsync("e")).Message);
    }

    private static int[][] Counts(EvaluationResult result) => [.. result.Attacks.Select(attack => attack.Classes.Select(c => c.Correct).ToArray())];

    private async Task<EvaluationResult> EvaluateAsync(string name, EvaluationOptions options)
    {
        var status = await RetryAsync(async () =>
        {
            await _cluster.Control.StartEvaluationAsync(name, JsonSerializer.Serialize(options, AfaJson.Options));
            return await WaitAsync(name);
        });
        Assert.Null(status.Message);
        return JsonSerializer.Deserialize<EvaluationResult>(status.ResultJson!, AfaJson.Options)!;
    }

    private async Task<EvaluationStatus> WaitAsync(string name)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            var status = await _cluster.Control.GetEvaluationAsync(name, limit.Token) ?? throw new InvalidOperationException($"There is no evaluation '{name}'.");
            if (status.State != RunState.Running)
            {
                return status;
            }

            await Task.Delay(20, limit.Token);
        }
    }

    private static async Task<T> RetryAsync<T>(Func<Task<T>> call)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await call();
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException && tries < 20)
            {
                await Task.Delay(500);
            }
        }
    }
}
