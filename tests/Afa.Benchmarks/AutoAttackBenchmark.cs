using System.Diagnostics;
using System.Text.Json;
using Afa.Attacks;
using Afa.Checkpoints;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Models;
using Afa.Silo;
using Afa.Storage;
using Afa.Training;

namespace Afa.Benchmarks;

/// <summary>Times an evaluation of a given small-cnn as a user would run it: all device slots, through the grains and the store.</summary>
internal static class AutoAttackBenchmark
{
    private const string Checkpoint = "runs/reference/checkpoints/weights";

    /// <summary>Prints one JSON document, as autoattack_reference.py does.</summary>
    /// <param name="weights">Safetensors file with a small-cnn for Fashion-MNIST.</param>
    public static async Task RunAsync(string weights, string attack, AttackNorm norm, string epsilon, int images)
    {
        var folder = Directory.CreateTempSubdirectory("afa-benchmark-");
        try
        {
            await ImportAsync(folder.FullName, weights);
            await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = folder.FullName });
            var options = new EvaluationOptions { Checkpoints = [Checkpoint], Dataset = "fashion-mnist", Attacks = [attack], Norm = norm, Epsilons = [epsilon], Images = images };
            var clock = Stopwatch.StartNew();
            await silo.Control.StartEvaluationAsync("benchmark", JsonSerializer.Serialize(options, AfaJson.Options));
            EvaluationStatus status;
            do
            {
                await Task.Delay(100);
                status = (await silo.Control.GetEvaluationAsync("benchmark"))!;
            }
            while (status.State == RunState.Running);

            var wall = clock.Elapsed.TotalSeconds;
            var document = JsonSerializer.Deserialize<EvaluationDocument>(await silo.Control.GetEvaluationResultAsync("benchmark") ?? throw new InvalidOperationException(status.Message), AfaJson.Options)!;
            var results = document.Results[0].Attacks;
            IReadOnlyList<StageResult> stages = results[1].Stages is { Count: > 0 } several ? several : [new StageResult(attack, results[1].Correct, results[1].Seconds)];
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                seconds = wall,
                clean = results[0].Correct,
                robust = results[^1].Correct,
                stages = stages.Select(stage => new { attack = stage.Attack, robust = stage.Correct, seconds = stage.Seconds / Environment.ProcessorCount }),
            }));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task ImportAsync(string store, string weights)
    {
        var names = ModelRegistry.Create(new ModelOptions { Name = "small-cnn" }, seed: 0).state_dict().Keys.ToHashSet();
        var file = await ModelFile.LoadAsync(weights);
        var state = new CheckpointState
        {
            Run = "reference",
            Phase = "reference",
            Epoch = 0,
            Step = 0,
            ModelOptions = new ModelOptions { Name = "small-cnn" },
            CreatedAt = DateTimeOffset.UtcNow,
        };
        await new CheckpointStore(new DirectoryBlobStore(store)).SaveAsync(
            Checkpoint, new Checkpoint(state, file.Tensors.Where(entry => names.Contains(entry.Key)).ToDictionary(entry => entry.Key, entry => entry.Value)));
    }
}
