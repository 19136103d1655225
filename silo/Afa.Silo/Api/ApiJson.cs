using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Afa.Training;

namespace Afa.Silo.Api;

/// <summary>How the HTTP API writes JSON, for silo and client.</summary>
/// <remarks>
/// As <see cref="AfaJson"/>, but without line breaks, and what a status carries as text of JSON, such as <c>OptionsJson</c>, stands in it as
/// an object: "options". A loss that is not finite is the string "NaN", as JSON has no number for it.
/// </remarks>
public static class ApiJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>Makes options of a framework's the same.</summary>
    public static void Apply(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = AfaJson.Options.PropertyNamingPolicy;
        options.DictionaryKeyPolicy = AfaJson.Options.DictionaryKeyPolicy;
        options.UnmappedMemberHandling = AfaJson.Options.UnmappedMemberHandling;
        options.PropertyNameCaseInsensitive = AfaJson.Options.PropertyNameCaseInsensitive;
        options.Encoder = AfaJson.Options.Encoder;
        options.NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals;
        foreach (var converter in AfaJson.Options.Converters)
        {
            options.Converters.Add(converter);
        }

        options.TypeInfoResolverChain.Insert(0, new DefaultJsonTypeInfoResolver { Modifiers = { Unwrap } });
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.General);
        Apply(options);
        options.MakeReadOnly();
        return options;
    }

    private static void Unwrap(JsonTypeInfo type)
    {
        const string suffix = "Json";
        foreach (var property in type.Properties.Where(property => property.PropertyType == typeof(string) && property.Name.Length > suffix.Length && property.Name.EndsWith(suffix, StringComparison.Ordinal)))
        {
            property.Name = property.Name[..^suffix.Length];
            property.CustomConverter = new TextOfJson();
        }
    }

    /// <summary>Writes text of JSON as what it stands for.</summary>
    private sealed class TextOfJson : JsonConverter<string>
    {
        public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return document.RootElement.GetRawText();
        }

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options)
        {
            using var document = JsonDocument.Parse(value);
            document.RootElement.WriteTo(writer);
        }
    }
}
