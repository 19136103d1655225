using System.Text.Json;
using Afa.Training;

namespace Afa.Client.Reports;

/// <summary>Reads back what a report's folder holds for programs.</summary>
internal static class StoredResult
{
    private const long MaximumSizeInBytes = 256 << 20;

    /// <summary>Reads a JSON document.</summary>
    /// <param name="remedy">What to do about a file that is none.</param>
    /// <returns>Null if there is no such file.</returns>
    /// <exception cref="InvalidDataException">The file is no such document.</exception>
    public static T? Read<T>(string path, string remedy)
        where T : class
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            return null;
        }

        if (file.Length > MaximumSizeInBytes)
        {
            throw new InvalidDataException($"{path} has {file.Length} bytes, which is no such result. {remedy}");
        }

        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), AfaJson.Options);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} is not such a result: {exception.Message} {remedy}", exception);
        }
    }
}
