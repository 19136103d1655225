using System.Globalization;
using System.Text.Json;
using Afa.Benchmarks;

// Times training steps and prints one JSON document, as pytorch_training.py does.
// Arguments: --seconds N for each line (5), --slots N (one for each core), --only PART of a line's name,
// --grains yes: what the actor layer costs instead, on real images.
var seconds = 5.0;
var slots = Environment.ProcessorCount;
var only = "";
var isOfGrains = false;
for (var i = 0; i + 1 < args.Length; i += 2)
{
    switch (args[i])
    {
        case "--seconds": seconds = double.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
        case "--slots": slots = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
        case "--only": only = args[i + 1]; break;
        case "--grains": isOfGrains = args[i + 1] == "yes"; break;
        default: throw new ArgumentException($"Unknown argument '{args[i]}'; known: --seconds, --slots, --only, --grains.");
    }
}

if (isOfGrains)
{
    await ActorLayerBenchmark.RunAsync(rounds: 5);
    return;
}

var results = new Dictionary<string, double>();
foreach (var line in BenchmarkLine.All.Where(line => line.Name.Contains(only, StringComparison.Ordinal)))
{
    results[line.Name] = await TrainingBenchmark.ImagesPerSecondAsync(line, slots, TimeSpan.FromSeconds(seconds));
}

Console.WriteLine(JsonSerializer.Serialize(new { version = TorchSharp.torch.__version__, threads = Environment.ProcessorCount, results }));
