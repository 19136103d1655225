namespace Afa.Silo.Api;

/// <summary>Headers of checkpoints' weights.</summary>
public static class CheckpointHeaders
{
    /// <summary>JSON of <c>Afa.Models.ModelOptions</c>.</summary>
    public const string Model = "Afa-Model";
}
