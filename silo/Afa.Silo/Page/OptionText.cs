using System.Text.Json;

namespace Afa.Silo.Page;

/// <summary>Looks into options of whichever version: what cannot be found is not shown, and nothing else is lost.</summary>
internal static class OptionText
{
    /// <summary>The value of an option; null if there is none.</summary>
    /// <param name="name">Of one inside another with both names, such as "attack.steps".</param>
    public static string? Find(string optionsJson, string name) => Read(optionsJson, options =>
    {
        var value = options;
        foreach (var part in name.Split('.'))
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(part, out value))
            {
                return null;
            }
        }

        return Text(value);
    });

    /// <summary>The texts of a list at the top.</summary>
    public static IReadOnlyList<string> FindAll(string optionsJson, string name) => Read<IReadOnlyList<string>>(
        optionsJson, options => options.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(Text).OfType<string>()] : null) ?? [];

    /// <summary>All options, those inside others with both names, such as "attack.steps".</summary>
    public static IReadOnlyList<(string Name, string Value)> Flatten(string optionsJson) =>
        Read<IReadOnlyList<(string, string)>>(optionsJson, options => [.. Flatten("", options)]) ?? [];

    private static IEnumerable<(string Name, string Value)> Flatten(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(member => Flatten(name.Length == 0 ? member.Name : $"{name}.{member.Name}", member.Value)),
        JsonValueKind.Null => [],
        _ => [(name, Text(value) ?? value.GetRawText())],
    };

    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };

    private static T? Read<T>(string optionsJson, Func<JsonElement, T?> find)
        where T : class
    {
        try
        {
            using var document = JsonDocument.Parse(optionsJson);
            return document.RootElement.ValueKind == JsonValueKind.Object ? find(document.RootElement) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
