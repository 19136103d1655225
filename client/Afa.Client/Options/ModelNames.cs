using Afa.Models;

namespace Afa.Client.Options;

/// <summary>Checks the name of a model, which may have a depth and a width in it.</summary>
internal static class ModelNames
{
    /// <exception cref="UsageException">The name is not known, or has no such depth.</exception>
    public static void Require(string name, int? depth)
    {
        if (!ModelRegistry.IsKnown(name))
        {
            throw ClosestName.Unknown("model", name, [.. ModelRegistry.Names, "wrn-28-10", "dm-wrn-28-10"]);
        }

        if (ModelRegistry.DepthProblem(name, depth) is { } problem)
        {
            throw new UsageException(problem);
        }
    }
}
