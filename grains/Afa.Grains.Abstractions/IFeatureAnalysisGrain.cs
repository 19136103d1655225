namespace Afa.Grains;

/// <summary>Analyzes the feature space of one checkpoint on a device slot of its own. The key is a hash of the options.</summary>
/// <remarks>The analysis takes seconds or minutes, so no call waits for all of it.</remarks>
[Alias("afa.feature-analysis")]
public interface IFeatureAnalysisGrain : IGrainWithStringKey
{
    /// <summary>Begins the analysis, if it is neither stored nor under way, and waits a little for it.</summary>
    /// <param name="optionsJson">JSON of <c>Afa.Evaluation.Features.FeatureAnalysisOptions</c>.</param>
    /// <returns>How far it is. Whoever wants the result asks again until it is there.</returns>
    /// <exception cref="ArgumentException">The checkpoint can't be analyzed so; the message says why.</exception>
    [Alias("analyze"), ResponseTimeout("00:00:30")]
    Task<FeatureAnalysisStatus> AnalyzeAsync(string optionsJson);
}

/// <summary>How far a feature analysis is.</summary>
/// <param name="Share">Of the work, in [0, 1]; 0 also while it waits for a device slot.</param>
/// <param name="DocumentJson">JSON of <c>Afa.Evaluation.Features.FeatureDocument</c> with this one analysis, once it is finished; else null.</param>
[GenerateSerializer, Immutable, Alias("afa.feature-analysis-status")]
public sealed record FeatureAnalysisStatus([property: Id(0)] double Share, [property: Id(1)] string? DocumentJson);
