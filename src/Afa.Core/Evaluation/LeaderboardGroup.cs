namespace Afa.Evaluation;

/// <summary>Checkpoints that were attacked on the same data set within the same ball.</summary>
/// <param name="Norm">"linf", "l2" or "l1".</param>
/// <param name="Epsilon">As a user wrote it, such as "8/255".</param>
/// <param name="Rows">Those ranked by the strongest attack first; within an attack the most robust first.</param>
public sealed record LeaderboardGroup(string Dataset, string Split, string Norm, string Epsilon, IReadOnlyList<LeaderboardRow> Rows);
