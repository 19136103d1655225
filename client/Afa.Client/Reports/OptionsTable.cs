using System.Text.Json;

namespace Afa.Client.Reports;

/// <summary>Options as names and values.</summary>
internal static class OptionsTable
{
    /// <summary>Each value, however deep, named by its path.</summary>
    public static IEnumerable<(string Name, string Value)> Flatten(JsonElement options) => Flatten("", options);

    private static IEnumerable<(string Name, string Value)> Flatten(string path, JsonElement element) =>
        element.ValueKind == JsonValueKind.Object
            ? element.EnumerateObject().SelectMany(p => Flatten(path.Length == 0 ? p.Name : $"{path}.{p.Name}", p.Value))
            : [(path, element.ValueKind switch
            {
                JsonValueKind.Null => "–",
                JsonValueKind.String => element.GetString()!,
                _ => element.GetRawText(),
            })];
}
