namespace Afa.Sweeps;

/// <summary>An option of which a grid takes every value.</summary>
public sealed record SweepAxis(string Key, IReadOnlyList<string?> Values);
