using Afa.Data;
using Afa.Evaluation;
using Afa.Evaluation.Features;
using Afa.Federation;
using Afa.Training;

namespace Afa.Client.Options;

/// <summary>Makes all paths in options full ones, as a resume may come from another folder.</summary>
internal static class OptionPaths
{
    public static TrainingOptions WithFullPaths(this TrainingOptions options) => options with
    {
        Dataset = DatasetRegistry.Resolve(options.Dataset),
        DataDirectory = Full(options.DataDirectory),
        Generated = options.Generated with { Path = Full(options.Generated.Path) },
    };

    public static EvaluationOptions WithFullPaths(this EvaluationOptions options) => options with
    {
        Dataset = Resolved(options.Dataset),
        DataDirectory = Full(options.DataDirectory),
    };

    public static FederationOptions WithFullPaths(this FederationOptions options) => options with { Training = options.Training.WithFullPaths() };

    public static FeatureAnalysisOptions WithFullPaths(this FeatureAnalysisOptions options) => options with
    {
        Dataset = Resolved(options.Dataset),
        DataDirectory = Full(options.DataDirectory),
    };

    private static string? Resolved(string? dataset) => dataset is null ? null : DatasetRegistry.Resolve(dataset);

    private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);
}
