namespace Afa.Evaluation;

/// <summary>What the attacks did to some consecutive test images; stored as soon as it is known.</summary>
public sealed record SliceOutcome
{
    /// <summary>Position of the first image in the evaluation.</summary>
    public required int Start { get; init; }

    public required IReadOnlyList<int> SampleIds { get; init; }

    public required IReadOnlyList<int> Labels { get; init; }

    /// <summary>By attack, "clean" first: whether each image is still classified correctly.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<bool>> Correct { get; init; }

    /// <summary>Seconds on the device, by attack.</summary>
    public required IReadOnlyDictionary<string, double> Seconds { get; init; }

    public IReadOnlyList<ExampleImage> Examples { get; init; } = [];
}
