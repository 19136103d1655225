using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Data;
using Afa.Evaluation;
using Afa.Evaluation.Features;
using Afa.Training;

namespace Afa.Grains;

/// <summary>What feature analysis options mean, and where the result lies.</summary>
internal static class FeatureJob
{
    /// <summary>Fills in what the options leave to the checkpoint and the data set, as an evaluation under the analysis's attack does.</summary>
    /// <exception cref="ArgumentException">The checkpoint's model does not fit the data set.</exception>
    /// <exception cref="FileNotFoundException">The checkpoint does not exist.</exception>
    public static async Task<(EvaluationJob Job, EvaluatedCheckpoint Checkpoint)> ResolveAsync(FeatureAnalysisOptions options, CheckpointStore checkpoints)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        var (job, evaluated) = await EvaluationJob.CreateAsync(
            new EvaluationOptions
            {
                Checkpoints = [options.Checkpoint],
                Dataset = options.Dataset is { } dataset ? DatasetRegistry.Resolve(dataset) : null,   // What the result is called by must not depend on the folder of a process.
                DataDirectory = options.DataDirectory is { } directory ? Path.GetFullPath(directory) : null,
                Images = options.Images,
                Attacks = [FeatureAnalyzer.Attack],
                Norm = options.Norm,
                Epsilons = options.Epsilon is { } epsilon ? [epsilon] : [],
                Seed = options.Seed,
            },
            checkpoints);
        return (job, evaluated[0]);
    }

    /// <summary>Named by all that the result depends on, the weights too: what lies there is never out of date.</summary>
    public static string BlobName(EvaluationJob job, EvaluatedCheckpoint checkpoint)
    {
        var source = $"{FeatureDocument.CurrentSchemaVersion}\n{JsonSerializer.Serialize(job.Options, AfaJson.Options)}\n{checkpoint.Sha256}";
        return $"features/{checkpoint.Name}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(source)))[..16]}.json";
    }

    /// <summary>Whether a stored result can be read; one that a full disk cut is computed again.</summary>
    public static bool IsWhole(byte[] document)
    {
        try
        {
            return JsonSerializer.Deserialize<FeatureDocument>(document, AfaJson.Options) is { SchemaVersion: FeatureDocument.CurrentSchemaVersion, Analyses.Count: 1 };
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
