using Afa.Sweeps;

namespace Afa.Client.Options;

/// <summary>A sweep as a user describes it, in a file, by flags or both.</summary>
internal sealed record SweepRequest
{
    public string? Name { get; init; }

    /// <summary>Training options of all trials; the last one wins.</summary>
    public IReadOnlyList<Setting> Base { get; init; } = [];

    public SweepSpace Space { get; init; } = new();

    /// <summary>Evaluation options of all trials; the last one wins.</summary>
    public IReadOnlyList<Setting> Evaluation { get; init; } = [];
}
