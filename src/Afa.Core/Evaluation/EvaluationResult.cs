using System.Text.Json.Serialization;
using Afa.Attacks;

namespace Afa.Evaluation;

/// <summary>The outcome of evaluating one checkpoint at one radius.</summary>
public sealed record EvaluationResult
{
    /// <summary>Name in the store of what was evaluated.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>Such as "small-cnn".</summary>
    public required string Model { get; init; }

    public required string Dataset { get; init; }

    public required string Split { get; init; }

    /// <summary>"linf", "l2" or "l1".</summary>
    public required string Norm { get; init; }

    /// <summary>As the user wrote it, such as "8/255": exact.</summary>
    public required string Epsilon { get; init; }

    public required int Images { get; init; }

    public required ulong Seed { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Device seconds of all attacks, summed over slots.</summary>
    public required double Seconds { get; init; }

    /// <summary>In the order they ran; the first is "clean", the last the worst case over all attacks within the ball, "worst-case".</summary>
    public required IReadOnlyList<AttackResult> Attacks { get; init; }

    /// <summary>Robust accuracy over the radius, if a minimum-norm attack ran; else empty. Starts at radius 0 with the clean accuracy.</summary>
    public IReadOnlyList<CurvePoint> Curve { get; init; } = [];

    /// <summary>Reasons to doubt the figures; whole sentences.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>A few images for the report.</summary>
    public IReadOnlyList<ExampleImage> Examples { get; init; } = [];

    /// <summary>Engine, threads and processor, for whoever compares figures.</summary>
    public required string Environment { get; init; }

    /// <summary>The attack with this name.</summary>
    public AttackResult? Find(string attack) => Attacks.FirstOrDefault(result => result.Attack == attack);
}

/// <summary>Accuracy under one attack: a sample counts if the model is right on the image that the attack returned.</summary>
/// <param name="Attack">Such as "clean", "pgd-20", "autoattack".</param>
/// <param name="Low">Lower end of the 95 % Wilson interval of <see cref="Accuracy"/>.</param>
/// <param name="High">Upper end.</param>
/// <param name="Seconds">Device seconds spent in the attack, summed over slots.</param>
public sealed record AttackResult(
    string Attack,
    int Correct,
    int Total,
    double Low,
    double High,
    double Seconds,
    IReadOnlyList<ClassAccuracy> Classes)
{
    public AttackKind Kind { get; init; }

    /// <summary>The stages of a cascade of several attacks, with what still stood after each; else empty.</summary>
    public IReadOnlyList<StageResult> Stages { get; init; } = [];

    /// <summary>Of a minimum-norm attack: median over the images that were right of the distance to the nearest adversarial image found; else null.</summary>
    public double? MedianDistance { get; init; }

    /// <summary>Fraction in [0, 1].</summary>
    [JsonIgnore]
    public double Accuracy => Total == 0 ? 0 : (double)Correct / Total;

    /// <summary>The class with the lowest accuracy among those with images.</summary>
    [JsonIgnore]
    public ClassAccuracy? WorstClass => Classes.Where(c => c.Total > 0).MinBy(c => c.Accuracy);
}

/// <summary>Counts of one class.</summary>
public sealed record ClassAccuracy(string Name, int Correct, int Total)
{
    /// <summary>Fraction in [0, 1]; 0 for a class without images.</summary>
    [JsonIgnore]
    public double Accuracy => Total == 0 ? 0 : (double)Correct / Total;
}

/// <summary>One attack of a cascade.</summary>
/// <param name="Correct">Images that withstood it and all stages before it.</param>
/// <param name="Seconds">Device seconds, summed over slots.</param>
public sealed record StageResult(string Attack, int Correct, double Seconds);

/// <summary>Robust accuracy at one radius: an upper bound, from the smallest perturbations found.</summary>
public sealed record CurvePoint(double Radius, double Accuracy);

/// <summary>One image before and after an attack that broke it, or as it was if none did.</summary>
/// <param name="SampleId">Index in the data set.</param>
/// <param name="Clean">Pixels [channel, height, width], 0 to 255.</param>
/// <param name="Adversarial">The same after the attack, rounded to 8 bits for display.</param>
/// <param name="Perturbation">Adversarial minus clean, plus 128: 128 is no change, 1 and 255 are ±epsilon in Linf, else ± the largest change.</param>
public sealed record ExampleImage(
    int SampleId,
    int Channels,
    int Height,
    int Width,
    byte[] Clean,
    byte[] Perturbation,
    byte[] Adversarial,
    string Label,
    string CleanPrediction,
    string AdversarialPrediction);
