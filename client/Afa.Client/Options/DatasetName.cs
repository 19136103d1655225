using Afa.Data;

namespace Afa.Client.Options;

/// <summary>How users name a data set: a known name, or the path of a folder.</summary>
internal static class DatasetName
{
    /// <summary>For help texts.</summary>
    public static string Choices { get; } = $"{string.Join(", ", DatasetRegistry.Names)}, or the path of a folder of images or of converted files, such as ./images";

    /// <summary>Returns the name, or the full path, so that a later command may run elsewhere.</summary>
    /// <exception cref="UsageException">The name is not known; the message lists the known ones.</exception>
    /// <exception cref="DatasetNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">The folder holds no data set.</exception>
    public static string Resolve(string name)
    {
        if (!DatasetRegistry.IsPath(name))
        {
            if (Directory.Exists(name) && !DatasetRegistry.Names.Contains(name))
            {
                throw new UsageException($"Unknown data set '{name}'. If the folder is meant, write its path: ./{name}");
            }

            ClosestName.Require("data set", name, DatasetRegistry.Names);
            return name;
        }

        _ = DatasetRegistry.Get(name);
        return DatasetRegistry.Resolve(name);
    }
}
