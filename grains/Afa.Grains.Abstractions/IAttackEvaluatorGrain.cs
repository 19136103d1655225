namespace Afa.Grains;

/// <summary>One device slot that runs attacks. The key is "evaluation/slot".</summary>
/// <remarks>
/// A unit takes seconds or hours, so no call waits for it: <see cref="BeginAsync"/> leases a unit, and each <see cref="PollAsync"/> renews the
/// lease. An evaluator that does not answer, or answers that it does not know the unit, has lost it.
/// </remarks>
[Alias("afa.attack-evaluator")]
public interface IAttackEvaluatorGrain : IGrainWithStringKey
{
    /// <summary>Begins to run all attacks on a unit. Repeating the call for the unit under way has no further effect.</summary>
    [Alias("begin"), ResponseTimeout("00:02:00")]
    Task BeginAsync(UnitLease lease);

    /// <summary>Waits a little for the unit to end.</summary>
    /// <param name="unit">Key of the lease.</param>
    /// <returns>How far it is; null if this evaluator does not know the unit, because it was started anew.</returns>
    /// <exception cref="ArgumentException">The unit can't be evaluated; the message says why.</exception>
    [Alias("poll"), ResponseTimeout("00:00:30")]
    Task<UnitReport?> PollAsync(string unit);

    /// <summary>Waits for what is under way and frees the model and the device slot.</summary>
    [Alias("release"), ResponseTimeout("01:00:00")]
    Task ReleaseAsync();
}

/// <summary>A unit that an evaluator is to work on.</summary>
/// <param name="Unit">Its key within the evaluation.</param>
/// <param name="OptionsJson">JSON of <c>Afa.Evaluation.EvaluationOptions</c>, with nothing left open.</param>
/// <param name="UnitJson">JSON of <c>Afa.Evaluation.EvaluationUnit</c>.</param>
/// <param name="Examples">How many images to keep for the report.</param>
[GenerateSerializer, Immutable, Alias("afa.unit-lease")]
public sealed record UnitLease(
    [property: Id(0)] string Unit, [property: Id(1)] string OptionsJson, [property: Id(2)] string UnitJson, [property: Id(3)] int Examples);

/// <summary>How far a unit is.</summary>
/// <param name="Attack">The attack under way.</param>
/// <param name="Standing">For each cascade that has begun, samples of the unit that stand.</param>
/// <param name="Share">Of the unit's work, in [0, 1].</param>
/// <param name="OutcomeJson">JSON of <c>Afa.Evaluation.UnitOutcome</c> once the unit is finished; else null.</param>
[GenerateSerializer, Immutable, Alias("afa.unit-report")]
public sealed record UnitReport(
    [property: Id(0)] string Attack, [property: Id(1)] IReadOnlyList<int> Standing, [property: Id(2)] double Share, [property: Id(3)] string? OutcomeJson);
