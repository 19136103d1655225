using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Afa.Training;

namespace Afa.Client.Options;

/// <summary>Builds an options record from its defaults and what a user set.</summary>
internal static class OptionsReader
{
    /// <summary>Applies settings to a record; the last one wins. Collects every problem instead of stopping at the first.</summary>
    /// <returns>The record; of no use if <paramref name="problems"/> has grown.</returns>
    public static T Read<T>(T defaults, IEnumerable<Setting> settings, List<string> problems)
    {
        var tree = JsonSerializer.SerializeToNode(defaults, AfaJson.Options)!.AsObject();
        var keys = Keys(typeof(T));
        var listsKeys = true;   // Once is enough.
        foreach (var setting in settings)
        {
            if (!keys.TryGetValue(setting.Key, out var type))
            {
                var hint = ClosestName.Find(setting.Key, keys.Keys) is { } closest ? $"; did you mean '{closest}'?" : ".";
                var known = listsKeys ? $" Known keys: {string.Join(", ", keys.Keys)}." : "";
                problems.Add($"{setting.Source}: unknown key '{setting.Key}'{hint}{known}");
                listsKeys = false;
            }
            else if (!SettingText.TryConvert(setting.Text, type, out var value))
            {
                problems.Add($"{setting.Source}: {setting.Key} must be {SettingText.Expected(type)}, not '{setting.Text}'.");
            }
            else
            {
                Place(tree, setting.Key.Split('.'), value);
            }
        }

        var options = tree.Deserialize<T>(AfaJson.Options)!;
        var found = new List<ValidationResult>();
        Validator.TryValidateObject(options!, new ValidationContext(options!), found, validateAllProperties: true);
        problems.AddRange(found.Select(problem => problem.ErrorMessage!).Distinct());
        return options;
    }

    /// <summary>Reads "key=value".</summary>
    /// <param name="option">Who asked, for messages.</param>
    public static IEnumerable<Setting> ReadAssignments(IEnumerable<string> assignments, List<string> problems, string option = "--set")
    {
        foreach (var assignment in assignments)
        {
            var equals = assignment.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                yield return new Setting(assignment[..equals].Trim(), assignment[(equals + 1)..].Trim(), option);
            }
            else
            {
                problems.Add($"{option}: needs key=value, such as attack.steps=10, not '{assignment}'.");
            }
        }
    }

    /// <summary>Whether a key of a record takes whole numbers only; false for an unknown key.</summary>
    public static bool IsWhole<T>(string key) =>
        Keys(typeof(T)).TryGetValue(key, out var type) && (Nullable.GetUnderlyingType(type) ?? type) is var target && (target == typeof(int) || target == typeof(long) || target == typeof(ulong));

    /// <summary>Every key that takes a value, with its type, in the order of declaration.</summary>
    private static OrderedDictionary<string, Type> Keys(Type record)
    {
        var keys = new OrderedDictionary<string, Type>();
        foreach (var property in AfaJson.Options.GetTypeInfo(record).Properties.Where(property => property.Set is not null))
        {
            if (AfaJson.Options.GetTypeInfo(property.PropertyType).Kind != JsonTypeInfoKind.Object)
            {
                keys.Add(property.Name, property.PropertyType);
                continue;
            }

            foreach (var (key, type) in Keys(property.PropertyType))
            {
                keys.Add($"{property.Name}.{key}", type);
            }
        }

        return keys;
    }

    private static void Place(JsonObject tree, ReadOnlySpan<string> path, JsonNode? value)
    {
        if (path.Length == 1)
        {
            tree[path[0]] = value;
        }
        else
        {
            Place(tree[path[0]]!.AsObject(), path[1..], value);
        }
    }
}
