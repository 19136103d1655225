namespace Afa.Client.Options;

/// <summary>Reads a YAML or JSON file of options into settings; nested keys are joined by dots, the items of a list by commas.</summary>
internal static class OptionsFile
{
    /// <exception cref="UsageException">The file does not exist, is too large, or is not a mapping of keys to values and lists of them.</exception>
    public static IReadOnlyList<Setting> Read(string path) => OptionsTree.Read(path, "--options") switch
    {
        null or { IsText: true, Text: null } => [],   // An empty file sets nothing.
        { Members: not null } root => [.. Flatten(root, "", path)],
        _ => throw new UsageException($"--options: {path} must hold keys and values, such as 'epochs: 10'."),
    };

    private static IEnumerable<Setting> Flatten(OptionsNode node, string key, string path)
    {
        if (node.Items is { } items)
        {
            return items.All(item => item.Text is not null)
                ? [new Setting(key, string.Join(',', items.Select(item => item.Text)), path)]
                : throw new UsageException($"--options: {path}: '{key}' must have a single value or a list of such, not a list of others.");
        }

        return node.Members?.SelectMany(member => Flatten(member.Value, key.Length == 0 ? member.Key : $"{key}.{member.Key}", path)) ?? [new Setting(key, node.Text, path)];
    }
}
