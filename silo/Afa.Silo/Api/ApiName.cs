using Afa.Checkpoints;

namespace Afa.Silo.Api;

/// <summary>Names that stand in a path of the API.</summary>
internal static class ApiName
{
    /// <summary>Refuses what cannot be one segment of a name in the store. Names of trials may be longer than those that users choose.</summary>
    /// <exception cref="ArgumentException">It cannot.</exception>
    public static void Require(string name)
    {
        BlobName.Validate(name);
        if (name.Contains('/', StringComparison.Ordinal))
        {
            throw new ArgumentException($"A name must have no '/', not '{name}'.");
        }
    }
}
