using Afa.Data;
using Afa.Training;

namespace Afa.Client.Options;

/// <summary>Paths in training options.</summary>
internal static class TrainingPaths
{
    /// <summary>Makes all paths full ones, as a resume may come from another folder.</summary>
    public static TrainingOptions WithFullPaths(this TrainingOptions options) => options with
    {
        Dataset = DatasetRegistry.Resolve(options.Dataset),
        DataDirectory = Full(options.DataDirectory),
        Generated = options.Generated with { Path = Full(options.Generated.Path) },
    };

    private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);
}
