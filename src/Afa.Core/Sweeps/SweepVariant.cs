namespace Afa.Sweeps;

/// <summary>A named set of options that is compared with others.</summary>
/// <param name="Name">Part of the names of runs: a-z, 0-9 and '-'.</param>
public sealed record SweepVariant(string Name, IReadOnlyList<SweepSetting> Settings);
