using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Afa.Client.Options;

/// <summary>Converts what a user wrote into the JSON value of one option.</summary>
internal static class SettingText
{
    /// <summary>Returns false if the text is no value of the type. An empty text is null where the type has a null; names may be written without their hyphens, such as "fedavg".</summary>
    public static bool TryConvert(string? text, Type type, out JsonNode? value)
    {
        value = null;
        if (type == typeof(IReadOnlyList<string>))
        {
            value = new JsonArray([.. (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(name => JsonValue.Create(name))]);
            return true;
        }

        if (string.IsNullOrEmpty(text))
        {
            return !type.IsValueType || Nullable.GetUnderlyingType(type) is not null;
        }

        var target = Nullable.GetUnderlyingType(type) ?? type;
        value = Convert(text, target);
        return value is not null;
    }

    /// <summary>Says what the type takes, to complete "must be …".</summary>
    public static string Expected(Type type)
    {
        var target = Nullable.GetUnderlyingType(type) ?? type;
        return target switch
        {
            { IsEnum: true } => $"one of {string.Join(", ", Names(target))}",
            _ when target == typeof(bool) => "true or false",
            _ when target == typeof(double) => "a number",
            _ when target == typeof(int) || target == typeof(long) => $"a whole number up to {(target == typeof(int) ? int.MaxValue : long.MaxValue)}",
            _ when target == typeof(ulong) => "a whole number of at least 0",
            _ => "a text",
        };
    }

    private static JsonNode? Convert(string text, Type target)
    {
        if (target == typeof(string))
        {
            return text;
        }

        if (target.IsEnum)
        {
            return Names(target).FirstOrDefault(name => name == text || WithoutHyphens(name) == text);
        }

        if (target == typeof(bool))
        {
            return bool.TryParse(text, out var flag) ? flag : null;
        }

        if (target == typeof(int))
        {
            return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
        }

        if (target == typeof(long))
        {
            return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
        }

        if (target == typeof(ulong))
        {
            return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        }

        if (target == typeof(double))
        {
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
        }

        throw new NotSupportedException($"An option of type {target} cannot be set from text.");
    }

    private static string WithoutHyphens(string name) => name.Replace("-", "", StringComparison.Ordinal);

    private static IEnumerable<string> Names(Type enumeration) => Enum.GetNames(enumeration).Select(JsonNamingPolicy.KebabCaseLower.ConvertName);
}
