using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Afa.Client.Options;

/// <summary>Reads a YAML or JSON file of options into settings; nested keys are joined by dots.</summary>
internal static class OptionsFile
{
    private const int MaximumSizeInBytes = 256 << 10;
    private const int MaximumDepth = 8;

    /// <exception cref="UsageException">The file does not exist, is too large, or is not a mapping of keys to single values.</exception>
    public static IReadOnlyList<Setting> Read(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            throw new UsageException($"--options: there is no file '{path}'.");
        }

        if (file.Length > MaximumSizeInBytes)
        {
            throw new UsageException($"--options: {path} has {file.Length} bytes; an options file has at most {MaximumSizeInBytes}.");
        }

        var settings = new List<Setting>();
        try
        {
            var text = File.ReadAllText(path);
            if (file.Extension.Equals(".json", StringComparison.OrdinalIgnoreCase))
            {
                using var document = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
                Flatten(document.RootElement, "", path, settings);
            }
            else
            {
                using var reader = new StringReader(text);
                FlattenDocument(new Parser(reader), path, settings);
            }
        }
        catch (Exception exception) when (exception is JsonException or YamlException)
        {
            throw new UsageException($"--options: {path} cannot be read: {exception.Message}");
        }

        return settings;
    }

    private static void Flatten(JsonElement element, string key, string path, List<Setting> settings)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    Flatten(property.Value, Join(key, property.Name), path, settings);
                }

                break;
            case JsonValueKind.Array:
                throw NotASingleValue(path, key);
            default:
                var text = element.ValueKind switch
                {
                    JsonValueKind.Null => null,
                    JsonValueKind.String => element.GetString(),
                    _ => element.GetRawText(),
                };
                settings.Add(key.Length > 0 ? new Setting(key, text, path) : throw NotAMapping(path));
                break;
        }
    }

    private static void FlattenDocument(Parser parser, string path, List<Setting> settings)
    {
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _))
        {
            return;   // An empty file sets nothing.
        }

        if (parser.Accept<Scalar>(out var scalar) && scalar.Value.Length > 0)
        {
            throw NotAMapping(path);
        }

        Flatten(parser, "", path, settings, depth: 0);
    }

    // Reads events instead of a tree, so that neither depth nor aliases can exhaust the memory.
    private static void Flatten(Parser parser, string key, string path, List<Setting> settings, int depth)
    {
        if (depth > MaximumDepth)
        {
            throw new UsageException($"--options: {path} nests deeper than {MaximumDepth} levels at '{key}'.");
        }

        if (parser.TryConsume<Scalar>(out var scalar))
        {
            var isNull = scalar.Style == ScalarStyle.Plain && scalar.Value is "" or "~" or "null";
            if (key.Length > 0)
            {
                settings.Add(new Setting(key, isNull ? null : scalar.Value, path));
            }
        }
        else if (parser.TryConsume<MappingStart>(out _))
        {
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var name = parser.TryConsume<Scalar>(out var child) ? child.Value : throw NotASingleValue(path, key);
                Flatten(parser, Join(key, name), path, settings, depth + 1);
            }
        }
        else
        {
            throw NotASingleValue(path, key);
        }
    }

    private static string Join(string key, string name) => key.Length == 0 ? name : $"{key}.{name}";

    private static UsageException NotASingleValue(string path, string key) =>
        key.Length == 0 ? NotAMapping(path) : new($"--options: {path}: '{key}' must have a single value, not a list or an alias.");

    private static UsageException NotAMapping(string path) => new($"--options: {path} must hold keys and values, such as 'epochs: 10'.");
}
