namespace Afa.Grains;

/// <summary>How far an evaluation of one checkpoint is.</summary>
/// <param name="Evaluation">Name of the evaluation.</param>
/// <param name="ImagesDone">Images finished by every attack.</param>
/// <param name="Standing">For each attack in order: images still classified correctly among those it has finished.</param>
/// <param name="ResultJson">JSON of <c>Afa.Evaluation.EvaluationResult</c> once completed; else null.</param>
/// <param name="Message">The error of a failed evaluation; else null.</param>
[GenerateSerializer, Immutable, Alias("afa.evaluation-status")]
public sealed record EvaluationStatus(
    [property: Id(0)] string Evaluation,
    [property: Id(1)] RunState State,
    [property: Id(2)] int ImagesDone,
    [property: Id(3)] int Images,
    [property: Id(4)] IReadOnlyList<AttackStanding> Standing,
    [property: Id(5)] double ImagesPerSecond,
    [property: Id(6)] TimeSpan? TimeLeft,
    [property: Id(7)] string? ResultJson,
    [property: Id(8)] string? Message);

/// <summary>Counts of one attack so far.</summary>
[GenerateSerializer, Immutable, Alias("afa.attack-standing")]
public sealed record AttackStanding([property: Id(0)] string Attack, [property: Id(1)] int Standing, [property: Id(2)] int Finished);
