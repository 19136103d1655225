using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Afa.Client.Options;

/// <summary>Reads a YAML or JSON file of options.</summary>
internal static class OptionsTree
{
    private const int MaximumSizeInBytes = 256 << 10;
    private const int MaximumDepth = 8;

    /// <param name="source">Who asked for the file, for messages: "--options" or "FILE".</param>
    /// <returns>Null for an empty file.</returns>
    /// <exception cref="UsageException">The file does not exist, is too large, nests too deep or is neither YAML nor JSON.</exception>
    public static OptionsNode? Read(string path, string source)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            throw new UsageException($"{source}: there is no file '{path}'.");
        }

        if (file.Length > MaximumSizeInBytes)
        {
            throw new UsageException($"{source}: {path} has {file.Length} bytes; an options file has at most {MaximumSizeInBytes}.");
        }

        try
        {
            var text = File.ReadAllText(path);
            if (file.Extension.Equals(".json", StringComparison.OrdinalIgnoreCase))
            {
                using var document = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
                return Node(document.RootElement, "", depth: 0);
            }

            using var reader = new StringReader(text);
            var parser = new Parser(reader);
            parser.Consume<StreamStart>();
            return parser.TryConsume<DocumentStart>(out _) ? Node(parser, "", depth: 0) : null;
        }
        catch (Exception exception) when (exception is JsonException or YamlException)
        {
            throw new UsageException($"{source}: {path} cannot be read: {exception.Message}");
        }
        catch (FormatException exception)
        {
            throw new UsageException($"{source}: {path}{exception.Message}");
        }
    }

    private static OptionsNode Node(JsonElement element, string key, int depth)
    {
        RequireDepth(key, depth);
        return element.ValueKind switch
        {
            JsonValueKind.Object => new OptionsNode { Members = [.. element.EnumerateObject().Select(property => (property.Name, Node(property.Value, property.Name, depth + 1)))] },
            JsonValueKind.Array => new OptionsNode { Items = [.. element.EnumerateArray().Select(item => Node(item, key, depth + 1))] },
            JsonValueKind.Null => new OptionsNode(),
            JsonValueKind.String => new OptionsNode { Text = element.GetString() },
            _ => new OptionsNode { Text = element.GetRawText() },
        };
    }

    // Reads events instead of YamlDotNet's tree, so that neither depth nor aliases can exhaust the memory.
    private static OptionsNode Node(Parser parser, string key, int depth)
    {
        RequireDepth(key, depth);
        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return new OptionsNode { Text = scalar.Style == ScalarStyle.Plain && scalar.Value is "" or "~" or "null" ? null : scalar.Value };
        }

        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<OptionsNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(Node(parser, key, depth + 1));
            }

            return new OptionsNode { Items = items };
        }

        if (parser.TryConsume<MappingStart>(out _))
        {
            var members = new List<(string, OptionsNode)>();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var name = parser.TryConsume<Scalar>(out var child) ? child.Value : throw new FormatException($": below '{key}', a key must be a text.");
                members.Add((name, Node(parser, name, depth + 1)));
            }

            return new OptionsNode { Members = members };
        }

        throw new FormatException($": '{key}' must have a single value or a list, not an alias.");
    }

    private static void RequireDepth(string key, int depth)
    {
        if (depth > MaximumDepth)
        {
            throw new FormatException($" nests deeper than {MaximumDepth} levels at '{key}'.");
        }
    }
}
