using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Text.Json;
using static TorchSharp.torch;

namespace Afa.Checkpoints;

/// <summary>
/// The safetensors format (github.com/huggingface/safetensors): 8 bytes header length, little-endian; a JSON header that gives
/// type, shape and place of each tensor; the tensors' bytes without gap or overlap.
/// </summary>
/// <remarks>
/// Stricter than the text of the format: names, keys and metadata may appear only once, unknown keys are refused, a tensor has at
/// most <see cref="TensorRecord.MaxRank"/> axes, and a Bool is 0 or 1. A file is at most 2 GiB, as it is read in one piece.
/// </remarks>
public static class Safetensors
{
    /// <summary>Longest header, in bytes, as the reference implementation has it.</summary>
    public const int MaxHeaderSizeInBytes = 100_000_000;

    private const int MaxNameSizeInBytes = 4096;

    private const string MetadataKey = "__metadata__";

    /// <summary>The supported types and the bytes that one element takes.</summary>
    internal static readonly FrozenDictionary<ScalarType, int> ElementSizes = new Dictionary<ScalarType, int>
    {
        [ScalarType.Float64] = 8,
        [ScalarType.Float32] = 4,
        [ScalarType.Float16] = 2,
        [ScalarType.BFloat16] = 2,
        [ScalarType.Int64] = 8,
        [ScalarType.Int32] = 4,
        [ScalarType.Int16] = 2,
        [ScalarType.Int8] = 1,
        [ScalarType.Byte] = 1,
        [ScalarType.Bool] = 1,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, ScalarType> _typeOfCode = new Dictionary<string, ScalarType>
    {
        ["F64"] = ScalarType.Float64,
        ["F32"] = ScalarType.Float32,
        ["F16"] = ScalarType.Float16,
        ["BF16"] = ScalarType.BFloat16,
        ["I64"] = ScalarType.Int64,
        ["I32"] = ScalarType.Int32,
        ["I16"] = ScalarType.Int16,
        ["I8"] = ScalarType.Int8,
        ["U8"] = ScalarType.Byte,
        ["BOOL"] = ScalarType.Bool,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<ScalarType, string> _codeOfType =
        _typeOfCode.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    private sealed record Entry(string Name, ScalarType ElementType, long[] Shape, long Begin, long End);

    /// <summary>Writes tensors. The same tensors and metadata give the same bytes, in whatever order they come.</summary>
    /// <param name="tensors">The tensors by name.</param>
    /// <param name="metadata">Free text by key, or null.</param>
    /// <returns>The file: wide elements first, so that every tensor is aligned, then by name; header padded to 8 bytes.</returns>
    /// <exception cref="ArgumentException">A name is "__metadata__", or the file would take more than 2 GiB.</exception>
    public static byte[] Write(
        IReadOnlyDictionary<string, TensorRecord> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        if (tensors.ContainsKey(MetadataKey))
        {
            throw new ArgumentException($"A tensor cannot be named {MetadataKey}; the format uses that name.", nameof(tensors));
        }

        var ordered = tensors
            .OrderByDescending(pair => ElementSizes[pair.Value.ElementType])
            .ThenBy(pair => pair.Key, StringComparer.Ordinal)
            .ToArray();
        var header = WriteHeader(ordered, metadata);
        var size = sizeof(ulong) + header.LongLength + ordered.Sum(pair => (long)pair.Value.Data.Length);
        if (header.Length > MaxHeaderSizeInBytes || size > Array.MaxLength)
        {
            throw new ArgumentException(
                $"The file would take {size} bytes, {header.Length} of them for the header; at most {Array.MaxLength} and {MaxHeaderSizeInBytes} " +
                "are supported. Split the tensors over several files.", nameof(tensors));
        }

        var file = new byte[size];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)header.Length);
        header.CopyTo(file, sizeof(ulong));
        var rest = file.AsSpan(sizeof(ulong) + header.Length);
        foreach (var (_, tensor) in ordered)
        {
            tensor.Data.Span.CopyTo(rest);
            rest = rest[tensor.Data.Length..];
        }

        return file;
    }

    /// <summary>Reads a file.</summary>
    /// <param name="file">The whole file. The tensors refer to it, so it must not be changed any more.</param>
    /// <param name="source">What to call the file in messages.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or uses a type that is not supported.</exception>
    public static SafetensorsContent Read(ReadOnlyMemory<byte> file, string source)
    {
        try
        {
            var header = Header(file);
            var buffer = file[(sizeof(ulong) + header.Length)..];
            var (entries, metadata) = ReadHeader(header.Span);
            return new(ReadTensors(entries, buffer), metadata);
        }
        catch (Exception error) when (error is JsonException or FormatException)
        {
            throw new InvalidDataException($"{source} is not a usable safetensors file: {PrintableText.Of(error.Message)}", error);
        }
    }

    private static byte[] WriteHeader(
        IEnumerable<KeyValuePair<string, TensorRecord>> tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(MetadataKey);
                foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            var offset = 0L;
            foreach (var (name, tensor) in tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", _codeOfType[tensor.ElementType]);
                WriteNumbers(json, "shape", tensor.Shape);
                WriteNumbers(json, "data_offsets", [offset, offset + tensor.Data.Length]);
                json.WriteEndObject();
                offset += tensor.Data.Length;
            }

            json.WriteEndObject();
        }

        while (header.Length % sizeof(ulong) != 0)
        {
            header.WriteByte((byte)' ');
        }

        return header.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string key, ReadOnlySpan<long> numbers)
    {
        json.WriteStartArray(key);
        foreach (var number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private static ReadOnlyMemory<byte> Header(ReadOnlyMemory<byte> file)
    {
        if (file.Length < sizeof(ulong))
        {
            throw new FormatException($"it has {file.Length} bytes, fewer than the {sizeof(ulong)} of the header's length.");
        }

        var length = BinaryPrimitives.ReadUInt64LittleEndian(file.Span);
        var available = (ulong)file.Length - sizeof(ulong);
        if (length > MaxHeaderSizeInBytes || length > available)
        {
            throw new FormatException(
                $"its header claims {length} bytes; at most {MaxHeaderSizeInBytes} are allowed, and {available} are in the file.");
        }

        var header = file.Slice(sizeof(ulong), (int)length);
        if (header.IsEmpty || header.Span[0] != '{')
        {
            throw new FormatException("its header does not start with '{'.");
        }

        return header;
    }

    private static (List<Entry> Entries, Dictionary<string, string> Metadata) ReadHeader(ReadOnlySpan<byte> header)
    {
        var reader = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = 4 });
        var entries = new List<Entry>();
        var names = new HashSet<string>();
        var metadata = new Dictionary<string, string>();

        Expect(ref reader, JsonTokenType.StartObject, "the header");
        while (NextKey(ref reader) is { } name)
        {
            if (!names.Add(name))
            {
                throw new FormatException($"the name '{name}' appears twice.");
            }

            if (name == MetadataKey)
            {
                ReadMetadata(ref reader, metadata);
            }
            else
            {
                entries.Add(ReadEntry(ref reader, name));
            }
        }

        reader.Read();   // Throws unless only spaces follow.
        return (entries, metadata);
    }

    private static void ReadMetadata(ref Utf8JsonReader reader, Dictionary<string, string> metadata)
    {
        Expect(ref reader, JsonTokenType.StartObject, MetadataKey);
        while (NextKey(ref reader) is { } key)
        {
            Expect(ref reader, JsonTokenType.String, $"metadata '{key}'");
            if (!metadata.TryAdd(key, Text(ref reader)))
            {
                throw new FormatException($"the metadata '{key}' appears twice.");
            }
        }
    }

    private static Entry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        ScalarType? elementType = null;
        long[]? shape = null;
        long[]? offsets = null;

        Expect(ref reader, JsonTokenType.StartObject, $"tensor '{name}'");
        while (NextKey(ref reader) is { } key)
        {
            switch (key)
            {
                case "dtype" when elementType is null:
                    Expect(ref reader, JsonTokenType.String, $"dtype of tensor '{name}'");
                    elementType = ElementTypeOf(Text(ref reader), name);
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref reader, TensorRecord.MaxRank, $"shape of tensor '{name}'");
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(ref reader, 2, $"data_offsets of tensor '{name}'");
                    break;
                default:
                    throw new FormatException($"tensor '{name}' has the key '{key}' twice, or it is unknown.");
            }
        }

        if (elementType is null || shape is null || offsets is not [var begin, var end])
        {
            throw new FormatException($"tensor '{name}' needs dtype, shape and two data_offsets.");
        }

        return new(name, elementType.Value, shape, begin, end);
    }

    private static ScalarType ElementTypeOf(string code, string name) =>
        _typeOfCode.TryGetValue(code, out var elementType)
            ? elementType
            : throw new FormatException(
                $"tensor '{name}' has dtype '{code[..Math.Min(code.Length, 40)]}'; known are {string.Join(", ", _typeOfCode.Keys.Order(StringComparer.Ordinal))}.");

    private static long[] ReadNumbers(ref Utf8JsonReader reader, int maxCount, string what)
    {
        var numbers = new List<long>();
        Expect(ref reader, JsonTokenType.StartArray, what);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0 || numbers.Count == maxCount)
            {
                throw new FormatException($"{what} must be a list of at most {maxCount} whole numbers from 0 to {long.MaxValue}.");
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }

    /// <summary>Places every entry, which together must fill the buffer from start to end.</summary>
    private static Dictionary<string, TensorRecord> ReadTensors(List<Entry> entries, ReadOnlyMemory<byte> buffer)
    {
        var tensors = new Dictionary<string, TensorRecord>(entries.Count);
        var position = 0L;
        foreach (var entry in entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            if (entry.Begin != position || entry.End < entry.Begin || entry.End > buffer.Length)
            {
                throw new FormatException(
                    $"tensor '{entry.Name}' takes bytes {entry.Begin} to {entry.End}; expected a range that starts at {position}, " +
                    $"where the tensor before it ends, and lies within the {buffer.Length} bytes of data.");
            }

            var data = buffer[(int)entry.Begin..(int)entry.End];
            tensors.Add(entry.Name, ToRecord(entry, data));
            position = entry.End;
        }

        return position == buffer.Length
            ? tensors
            : throw new FormatException($"{buffer.Length - position} bytes at the end belong to no tensor.");
    }

    private static TensorRecord ToRecord(Entry entry, ReadOnlyMemory<byte> data)
    {
        try
        {
            return new(entry.ElementType, entry.Shape, data);
        }
        catch (ArgumentException error)
        {
            throw new FormatException($"tensor '{entry.Name}': {error.Message}", error);
        }
    }

    private static string? NextKey(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.PropertyName)
        {
            return null;
        }

        return reader.ValueSpan.Length <= MaxNameSizeInBytes
            ? Text(ref reader)
            : throw new FormatException($"a name takes {reader.ValueSpan.Length} bytes; at most {MaxNameSizeInBytes} are supported.");
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException error)
        {
            throw new FormatException("its header holds text that is not valid UTF-8 or UTF-16.", error);
        }
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        reader.Read();
        if (reader.TokenType != type)
        {
            throw new FormatException($"{what} is a JSON {reader.TokenType}, not a {type}.");
        }
    }
}
