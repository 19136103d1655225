using System.Globalization;
using System.Text.Json;
using Afa.Attacks;
using Afa.Benchmarks;

// Times training steps and prints one JSON document, as pytorch_training.py does.
// Arguments: --seconds N for each line (5), --slots N (one for each core), --only PART of a line's name,
// --grains yes: what the actor layer costs instead, on real images; --gradient ROUNDS: the sum of gradients instead;
// --weights FILE --attack NAME --norm linf --epsilon 0.1 --images 512: an evaluation instead, as autoattack_reference.py does.
var seconds = 5.0;
var slots = Environment.ProcessorCount;
var only = "";
var isOfGrains = false;
var gradientRounds = 0;
var weights = "";
var attack = "autoattack";
var norm = AttackNorm.Linf;
var epsilon = "0.1";
var images = 512;
for (var i = 0; i + 1 < args.Length; i += 2)
{
    switch (args[i])
    {
        case "--seconds": seconds = double.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
        case "--slots": slots = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
        case "--only": only = args[i + 1]; break;
        case "--grains": isOfGrains = args[i + 1] == "yes"; break;
        case "--gradient": gradientRounds = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
        case "--weights": weights = args[i + 1]; break;
        case "--attack": attack = args[i + 1]; break;
        case "--norm": norm = Enum.Parse<AttackNorm>(args[i + 1], ignoreCase: true); break;
        case "--epsilon": epsilon = args[i + 1]; break;
        case "--images": images = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
        default: throw new ArgumentException($"Unknown argument '{args[i]}'; known: --seconds, --slots, --only, --grains, --gradient, --weights, --attack, --norm, --epsilon, --images.");
    }
}

if (isOfGrains)
{
    await ActorLayerBenchmark.RunAsync(rounds: 5);
    return;
}

if (gradientRounds > 0)
{
    await GradientBenchmark.RunAsync(gradientRounds);
    return;
}

if (weights.Length > 0)
{
    await AutoAttackBenchmark.RunAsync(weights, attack, norm, epsilon, images);
    return;
}

var results = new Dictionary<string, double>();
foreach (var line in BenchmarkLine.All.Where(line => line.Name.Contains(only, StringComparison.Ordinal)))
{
    results[line.Name] = await TrainingBenchmark.ImagesPerSecondAsync(line, slots, TimeSpan.FromSeconds(seconds));
}

Console.WriteLine(JsonSerializer.Serialize(new { version = TorchSharp.torch.__version__, threads = Environment.ProcessorCount, results }));
