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

    private EvaluationOptions Options => new() { Checkpoints = [_checkpoint], DataDirectory = Data, Images = 200 };

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
    public async Task Unit_ThatIsStored_IsNotRunAgainAndADamagedOneIs()
    {
        await EvaluateAsync("first", Options);
        var units = new List<string>();
        await foreach (var blob in _cluster.Store.ListAsync("evaluations/first/units/"))
        {
            units.Add(blob.Name);
        }

        // Hand the finished units to an evaluation that has none yet: one of them falsified, so that its use shows, one cut, one of other images.
        var falsified = JsonSerializer.Deserialize<UnitOutcome>(await _cluster.Store.ReadAsync(units[0], 1 << 20), AfaJson.Options)!;
        falsified = falsified with { Predictions = [.. falsified.Labels.Select(label => (label + 1) % 10)] };
        await _cluster.Store.WriteAsync(InSecond(units[0]), JsonSerializer.SerializeToUtf8Bytes(falsified, AfaJson.Options));
        await _cluster.Store.WriteAsync(InSecond(units[1]), (await _cluster.Store.ReadAsync(units[1], 1 << 20)).AsMemory(0, 100));
        await _cluster.Store.WriteAsync(InSecond(units[2]), await _cluster.Store.ReadAsync(units[1], 1 << 20));

        var first = await EvaluateAsync("first", Options);
        var second = await EvaluateAsync("second", Options);

        var lost = first.Attacks[0].Correct - second.Attacks[0].Correct;
        Assert.InRange(lost, 1, falsified.Labels.Count);
        Assert.Equal(200, second.Attacks[0].Total);

        static string InSecond(string unit) => unit.Replace("first", "second", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluation_OfCheckpointsAttacksAndRadii_HasOneResultForEachPairAndLessStandsAtALargerRadius()
    {
        var other = (await _cluster.TrainAsync("other", new TrainingOptions { Method = TrainingMethod.Ce, DataDirectory = Data, TrainImages = 0, ModelWidth = 0.25, Epochs = 2, BatchSize = 40 })).Checkpoint!;
        var document = await EvaluateAllAsync("job", Options with
        {
            Checkpoints = [_checkpoint, other],
            Images = 40,
            Attacks = ["apgd-ce+pgd-10", "pgd-5", $"transfer:{other}", "contrast-3"],
            Epsilons = ["0.01", "0.1", "0.4"],
            SaveAdversarial = true,
        });

        Assert.Equal(
            [(_checkpoint, "0.01"), (_checkpoint, "0.1"), (_checkpoint, "0.4"), (other, "0.01"), (other, "0.1"), (other, "0.4")],
            document.Results.Select(result => (result.Checkpoint, result.Epsilon)));
        Assert.All(document.Results, result =>
        {
            Assert.Equal(["clean", "apgd-ce+pgd-10", "pgd-5", $"transfer:{other}", "contrast-3", "worst-case"], result.Attacks.Select(attack => attack.Attack));
            Assert.Equal(["apgd-ce", "pgd-10"], result.Attacks[1].Stages.Select(stage => stage.Attack));
            Assert.True(result.Attacks[1].Stages[0].Correct >= result.Attacks[1].Stages[1].Correct);
            Assert.Equal(result.Attacks[1].Correct, result.Attacks[1].Stages[1].Correct);
            Assert.True(result.Attacks[^1].Correct <= result.Attacks.Take(4).Min(attack => attack.Correct));
        });
        foreach (var ofCheckpoint in document.Results.Chunk(3))
        {
            Assert.True(ofCheckpoint[0].Attacks[^1].Correct >= ofCheckpoint[1].Attacks[^1].Correct);
            Assert.True(ofCheckpoint[1].Attacks[^1].Correct >= ofCheckpoint[2].Attacks[^1].Correct);
        }

        Assert.NotNull(await _cluster.Store.ReadAsync("evaluations/job/adversarial-1-2.npz", 1 << 20));
        for (var tries = 0; await CountPartsAsync() > 0; tries++)
        {
            Assert.True(tries < 500, "The parts of the .npz files are still there.");
            await Task.Delay(20);
        }
    }

    [Fact]
    public async Task Silo_KilledDuringAnEvaluation_TheResultIsTheSame()
    {
        var options = Options with { Attacks = ["pgd-50-3"], BatchSize = 10 };
        var undisturbed = await EvaluateAsync("undisturbed", options);

        await _cluster.Control.StartEvaluationAsync("disturbed", JsonSerializer.Serialize(options, AfaJson.Options));
        await _cluster.Silos.KillSiloAsync(_cluster.Silos.Silos[^1]);
        var disturbed = await EvaluateAsync("disturbed", options);

        Assert.Equal(Counts(undisturbed), Counts(disturbed));
    }

    [Fact]
    public async Task Evaluation_ThatCannotWork_IsRefusedWithOneSentenceBeforeItStarts()
    {
        await RefusedAsync<ArgumentException>(Options with { Dataset = "cifar-10" }, @"\[3, 32, 32\] images of 10 classes");
        await RefusedAsync<ArgumentException>(Options with { Images = 201 }, "201.*200");
        await RefusedAsync<ArgumentException>(Options with { Checkpoints = [] }, "at least one checkpoint");
        await RefusedAsync<FileNotFoundException>(Options with { Checkpoints = ["runs/none/checkpoints/x"] }, "runs/none");
        await RefusedAsync<FileNotFoundException>(Options with { Attacks = ["transfer:runs/none/checkpoints/x"] }, "runs/none");
        Assert.Null(await _cluster.Control.GetEvaluationAsync("refused"));
    }

    [Fact]
    public async Task Evaluation_ThatExists_IsNotStartedWithOtherOptions()
    {
        await EvaluateAsync("e", Options with { Images = 20, Attacks = ["fgsm"] });

        await Assert.ThrowsAsync<InvalidOperationException>(() => _cluster.Control.StartEvaluationAsync("e", JsonSerializer.Serialize(Options, AfaJson.Options)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _cluster.Control.ResumeEvaluationAsync("none"));
        await _cluster.Control.ResumeEvaluationAsync("e");   // Complete: nothing to do.
        Assert.Equal(["e"], (await _cluster.Control.ListEvaluationsAsync()).Select(evaluation => evaluation.Evaluation));
    }

    private async Task<int> CountPartsAsync()
    {
        var parts = 0;
        await foreach (var blob in _cluster.Store.ListAsync("evaluations/job/units/"))
        {
            parts += blob.Name.EndsWith(".json", StringComparison.Ordinal) ? 0 : 1;
        }

        return parts;
    }

    private async Task RefusedAsync<TException>(EvaluationOptions options, string expected)
        where TException : Exception
    {
        var exception = await Assert.ThrowsAsync<TException>(() => _cluster.Control.StartEvaluationAsync("refused", JsonSerializer.Serialize(options, AfaJson.Options)));
        Assert.Matches(expected, exception.Message);
    }

    private static int[][] Counts(EvaluationResult result) => [.. result.Attacks.Select(attack => attack.Classes.Select(c => c.Correct).ToArray())];

    private async Task<EvaluationResult> EvaluateAsync(string name, EvaluationOptions options) => Assert.Single((await EvaluateAllAsync(name, options)).Results);

    private async Task<EvaluationDocument> EvaluateAllAsync(string name, EvaluationOptions options)
    {
        var status = await RetryAsync(async () =>
        {
            await _cluster.Control.StartEvaluationAsync(name, JsonSerializer.Serialize(options, AfaJson.Options));
            return await WaitAsync(name);
        });
        Assert.Null(status.Message);
        return JsonSerializer.Deserialize<EvaluationDocument>((await _cluster.Control.GetEvaluationResultAsync(name))!, AfaJson.Options)!;
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
