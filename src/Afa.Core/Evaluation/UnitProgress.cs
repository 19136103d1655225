namespace Afa.Evaluation;

/// <summary>How far a unit is.</summary>
/// <param name="Attack">The attack under way, such as "autoattack: fab-t"; "clean" at first.</param>
/// <param name="Standing">For each cascade that has begun, samples of the unit that are not broken yet.</param>
/// <param name="Share">Of the unit's work, in [0, 1]; an estimate.</param>
public sealed record UnitProgress(string Attack, IReadOnlyList<int> Standing, double Share);
