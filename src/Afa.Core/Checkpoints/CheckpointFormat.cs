using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Afa.Checkpoints;

/// <summary>
/// How a checkpoint becomes files. state.json holds the state, the size and hash of each tensor file, and its own hash, so no
/// change of a single byte goes unnoticed. The names of tensor files contain their hashes, so a newer checkpoint of the same name
/// never overwrites a file that an older state.json refers to.
/// </summary>
internal static class CheckpointFormat
{
    public const string StateFileName = "state.json";

    /// <summary>A state is a few kilobytes; the bound leaves room for long metrics.</summary>
    public const int MaxStateSizeInBytes = 4 * 1024 * 1024;

    private const string Model = "model";
    private const string Optimizer = "optimizer";

    // state.json is {"sha256": "…", "state": …}, byte for byte so, that the hash can be taken over the bytes of the inner part.
    private static readonly byte[] _beforeHash = "{\n\"sha256\": \""u8.ToArray();
    private static readonly byte[] _beforeState = "\",\n\"state\": "u8.ToArray();
    private static readonly byte[] _afterState = "\n}\n"u8.ToArray();

    private static readonly JsonSerializerOptions _jsonOptions = new(JsonSerializerDefaults.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        WriteIndented = true,
        NewLine = "\n",
    };

    /// <summary>Reads a file of the checkpoint; null if it is missing. Refuses a larger one by <see cref="InvalidDataException"/>.</summary>
    public delegate Task<byte[]?> ReadFile(string fileName, long maxSizeInBytes);

    /// <summary>Makes the tensor files of a checkpoint and the state that lists them.</summary>
    public static (CheckpointState State, IReadOnlyList<(CheckpointFile File, byte[] Content)> Files) Write(Checkpoint checkpoint)
    {
        var files = new List<(CheckpointFile File, byte[] Content)> { WriteTensors(Model, checkpoint.Model) };
        if (checkpoint.Optimizer is { } optimizer)
        {
            files.Add(WriteTensors(Optimizer, optimizer));
        }

        var state = checkpoint.State with
        {
            FormatVersion = CheckpointState.CurrentFormatVersion,
            Files = [.. files.Select(file => file.File)],
        };
        return (state, files);
    }

    public static byte[] WriteState(CheckpointState state)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(state, _jsonOptions);
        byte[] file = [.. _beforeHash, .. Encoding.ASCII.GetBytes(Hash(json)), .. _beforeState, .. json, .. _afterState];
        return file.Length <= MaxStateSizeInBytes
            ? file
            : throw new ArgumentException(
                $"The state of a checkpoint takes {file.Length} bytes; at most {MaxStateSizeInBytes} are allowed. Store fewer options or metrics.",
                nameof(state));
    }

    /// <param name="file">The bytes of state.json.</param>
    /// <param name="source">Full name of the file, for messages.</param>
    /// <exception cref="CheckpointDamagedException">The file is not as it was written, or is of another version.</exception>
    public static CheckpointState ReadState(byte[] file, string source)
    {
        var json = VerifiedState(file, source);
        try
        {
            RequireKnownVersion(json, source);
            var state = JsonSerializer.Deserialize<CheckpointState>(json, _jsonOptions)
                ?? throw new CheckpointDamagedException(source, "its state is null.");
            RequireKnownFiles(state.Files, source);
            return state;
        }
        catch (JsonException error)
        {
            throw new CheckpointDamagedException(source, $"it does not describe a checkpoint: {error.Message}", error);
        }
    }

    /// <summary>Reads and verifies the files that a state lists.</summary>
    /// <param name="state">What <see cref="ReadState"/> returned.</param>
    /// <param name="readFile">Reads one file of the checkpoint.</param>
    /// <param name="folder">Full name of the checkpoint, for messages.</param>
    /// <exception cref="CheckpointDamagedException">A file is missing or is not as it was written.</exception>
    public static async Task<Checkpoint> ReadAsync(CheckpointState state, ReadFile readFile, string folder)
    {
        var model = await ReadTensorsAsync(state.Files[0], readFile, folder);
        var optimizer = state.Files.Count > 1 ? await ReadTensorsAsync(state.Files[1], readFile, folder) : null;
        return new(state, model, optimizer);
    }

    public static string Hash(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static (CheckpointFile File, byte[] Content) WriteTensors(string kind, IReadOnlyDictionary<string, TensorRecord> tensors)
    {
        var content = Safetensors.Write(tensors);
        var hash = Hash(content);
        return (new(FileName(kind, hash), content.LongLength, hash), content);
    }

    private static string FileName(string kind, string hash) => $"{kind}-{hash[..16]}.safetensors";

    private static ReadOnlySpan<byte> VerifiedState(byte[] file, string source)
    {
        var hashAt = _beforeHash.Length;
        var stateAt = hashAt + 2 * SHA256.HashSizeInBytes + _beforeState.Length;
        if (file.Length < stateAt + _afterState.Length
            || !file.AsSpan().StartsWith(_beforeHash)
            || !file.AsSpan(..stateAt).EndsWith(_beforeState)
            || !file.AsSpan().EndsWith(_afterState))
        {
            throw new CheckpointDamagedException(source, "it is cut short, or it is not the state of a checkpoint.");
        }

        var stored = Encoding.ASCII.GetString(file, hashAt, 2 * SHA256.HashSizeInBytes);
        var json = file.AsSpan(stateAt..^_afterState.Length);
        return stored == Hash(json)
            ? json
            : throw new CheckpointDamagedException(source, $"its content has SHA-256 {Hash(json)}, not {stored} as noted when it was written.");
    }

    private static void RequireKnownVersion(ReadOnlySpan<byte> json, string source)
    {
        var reader = new Utf8JsonReader(json);
        using var document = JsonDocument.ParseValue(ref reader);
        var version = document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("formatVersion", out var value)
            ? value.ToString()
            : "none";
        if (version != CheckpointState.CurrentFormatVersion.ToString())
        {
            throw new CheckpointDamagedException(
                source, $"it has format version {version}; this program reads version {CheckpointState.CurrentFormatVersion}.");
        }
    }

    /// <summary>A model file and perhaps an optimizer file, named by kind and hash. So no name leads out of the folder.</summary>
    private static void RequireKnownFiles(IReadOnlyList<CheckpointFile> files, string source)
    {
        string[] kinds = [Model, Optimizer];
        var known = files.Count is 1 or 2 && files.Zip(kinds).All(pair =>
            pair.First.Sha256.Length == 2 * SHA256.HashSizeInBytes
            && pair.First.Sha256.All(char.IsAsciiHexDigitLower)
            && pair.First.Name == FileName(pair.Second, pair.First.Sha256));
        if (!known)
        {
            throw new CheckpointDamagedException(source, "its files are not a model and at most one optimizer, named by their hashes.");
        }
    }

    private static async Task<IReadOnlyDictionary<string, TensorRecord>> ReadTensorsAsync(
        CheckpointFile file, ReadFile readFile, string folder)
    {
        var source = $"{folder}/{file.Name}";
        try
        {
            var content = await readFile(file.Name, file.SizeInBytes)
                ?? throw new CheckpointDamagedException(source, $"it is missing, though {StateFileName} lists it.");
            if (content.LongLength != file.SizeInBytes)
            {
                throw new CheckpointDamagedException(source, $"it has {content.Length} bytes, not {file.SizeInBytes} as {StateFileName} says.");
            }

            var hash = Hash(content);
            return hash == file.Sha256
                ? Safetensors.Read(content, source).Tensors
                : throw new CheckpointDamagedException(source, $"its content has SHA-256 {hash}, not {file.Sha256} as {StateFileName} says.");
        }
        catch (InvalidDataException error)
        {
            throw new CheckpointDamagedException(source, error.Message, error);
        }
    }
}
