namespace Afa.Sweeps;

/// <summary>One training option of a point of a sweep.</summary>
/// <param name="Key">Path in JSON, such as "afa.temperature".</param>
/// <param name="Text">As a user writes it; null for "no value".</param>
public sealed record SweepSetting(string Key, string? Text);
