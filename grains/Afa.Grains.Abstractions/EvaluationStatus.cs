namespace Afa.Grains;

/// <summary>How far an evaluation is.</summary>
/// <param name="Evaluation">Name of the evaluation.</param>
/// <param name="OptionsJson">JSON of <c>Afa.Evaluation.EvaluationOptions</c>, with nothing left open.</param>
/// <param name="ImagesDone">Images finished by every attack, each counted once for each checkpoint and radius.</param>
/// <param name="Images">All of them; 0 until it is known.</param>
/// <param name="Standing">For each attack in order, over all checkpoints and radii.</param>
/// <param name="Working">What each busy device slot is doing, such as "my-run/epoch-5: autoattack: fab-t".</param>
/// <param name="Share">Share of the work that is done, in [0, 1]; an estimate.</param>
/// <param name="ImagesPerSecond">Of this process; 0 until it is known.</param>
/// <param name="Message">The error of a failed evaluation, or why it rests; else null.</param>
[GenerateSerializer, Immutable, Alias("afa.evaluation-status")]
public sealed record EvaluationStatus(
    [property: Id(0)] string Evaluation,
    [property: Id(1)] RunState State,
    [property: Id(2)] string OptionsJson,
    [property: Id(3)] DateTimeOffset CreatedAt,
    [property: Id(4)] int ImagesDone,
    [property: Id(5)] int Images,
    [property: Id(6)] IReadOnlyList<AttackStanding> Standing,
    [property: Id(7)] IReadOnlyList<string> Working,
    [property: Id(8)] double Share,
    [property: Id(9)] double ImagesPerSecond,
    [property: Id(10)] TimeSpan? TimeLeft,
    [property: Id(11)] TimeSpan Elapsed,
    [property: Id(12)] string? Message);

/// <summary>Counts of one attack so far.</summary>
/// <param name="Attack">"clean" for the images before any attack.</param>
/// <param name="Standing">Images still classified correctly, among those that the attack has begun with or has finished.</param>
/// <param name="Started">Images in the units that are finished or have reached this attack.</param>
[GenerateSerializer, Immutable, Alias("afa.attack-standing")]
public sealed record AttackStanding([property: Id(0)] string Attack, [property: Id(1)] int Standing, [property: Id(2)] int Started);
