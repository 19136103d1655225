using System.Text;
using System.Text.Unicode;

namespace Afa.Checkpoints.PyTorch;

/// <summary>
/// The files of torch.save since PyTorch 1.6: a zip file with the entries NAME/data.pkl, a pickle that says what there is, and NAME/data/0 and so
/// on, the elements of the tensors. Nothing in a file is executed: the pickle is read as data, and names a few known things only.
/// </summary>
public static class PyTorchFile
{
    /// <summary>Where training scripts put the state dict, the preferred ones first. In files of DM-Improves-AT, model_state_dict is the averaged model.</summary>
    private static readonly string[] _usualKeys = ["state_dict", "model_state_dict", "model", "net"];

    private const string PickleEntry = "data.pkl";
    private const string StorageFolder = "data/";
    private const string MetadataFolder = "extra/";

    /// <summary>What the tensors may take beyond twice the size of the file.</summary>
    private const int SpareSizeInBytes = 64 * 1024;

    /// <summary>Whether a file starts as a zip file does.</summary>
    public static bool IsZip(ReadOnlySpan<byte> file) => file.StartsWith("PK\x03\x04"u8);

    /// <summary>Whether a file starts as a bare pickle does, which is how torch.save wrote before PyTorch 1.6.</summary>
    public static bool IsLegacy(ReadOnlySpan<byte> file) => file is [0x80, >= 2 and <= 5, ..];

    /// <summary>Reads the state dict of a file.</summary>
    /// <param name="file">The whole file. Contiguous tensors refer to it, so it must not be changed any more.</param>
    /// <param name="source">What to call the file in messages.</param>
    /// <param name="key">Where in the file the state dict is; null: under one of the usual names, or the file is one.</param>
    /// <exception cref="InvalidDataException">The file is damaged, holds no state dict, or asks for more than a state dict needs.</exception>
    public static PyTorchContent Read(ReadOnlyMemory<byte> file, string source, string? key = null)
    {
        try
        {
            if (!IsZip(file.Span))
            {
                throw new FormatException(IsLegacy(file.Span)
                    ? "it is a bare pickle, as PyTorch wrote before version 1.6 or with _use_new_zipfile_serialization=False. Where it can be trusted, write it again in " +
                      "Python: torch.save(torch.load(old, weights_only=True), new)."
                    : "it does not start with 'PK', as files of torch.save do.");
            }

            var zip = new StoredZip(file);
            var root = Root(zip);
            RequireLittleEndian(zip, root);
            var (found, items) = StateDictionary(new PickleReader(zip.Find(root + PickleEntry)!.Value.Span).Read(), key);
            return new(Tensors(items, zip, root, file.Length), found, Metadata(zip, root));
        }
        catch (FormatException error)
        {
            throw new InvalidDataException($"{source} is not a usable PyTorch file: {PrintableText.Of(error.Message)}", error);
        }
    }

    /// <summary>Writes a state dict, so that <c>model.load_state_dict(torch.load(path))</c> takes it. The same input gives the same bytes.</summary>
    /// <param name="tensors">The tensors by name.</param>
    /// <param name="metadata">Free text by key, or null. PyTorch does not look at it.</param>
    /// <exception cref="ArgumentException">The file would take more than 2 GiB.</exception>
    public static byte[] Write(
        IReadOnlyDictionary<string, TensorRecord> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        const string Root = "archive/";
        var ordered = tensors.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToArray();
        return AlignedZip.Write(
        [
            (Root + PickleEntry, PickleWriter.Write(ordered)),
            (Root + "byteorder", "little"u8.ToArray()),
            .. ordered.Select((pair, index) => ($"{Root}{StorageFolder}{index}", pair.Value.Data)),
            .. (metadata ?? new Dictionary<string, string>()).OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => (Root + MetadataFolder + pair.Key, (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(pair.Value))),
            (Root + "version", "3\n"u8.ToArray()),
        ]);
    }

    /// <summary>The folder that everything in the file is in, with its slash.</summary>
    private static string Root(StoredZip zip)
    {
        var pickles = zip.Names.Where(name => name.EndsWith("/" + PickleEntry, StringComparison.Ordinal) && name.IndexOf('/') == name.Length - PickleEntry.Length - 1).ToList();
        return pickles is [var pickle]
            ? pickle[..^PickleEntry.Length]
            : throw new FormatException($"it is a zip file with {pickles.Count} entries NAME/{PickleEntry}; torch.save writes one.");
    }

    private static void RequireLittleEndian(StoredZip zip, string root)
    {
        if (zip.Find(root + "byteorder") is { } order && !order.Span.SequenceEqual("little"u8))
        {
            throw new FormatException("its numbers are not little-endian, as its entry 'byteorder' says. Load it and save it again on a usual machine.");
        }
    }

    private static (string? Key, IReadOnlyList<KeyValuePair<string, object?>> Items) StateDictionary(object? content, string? key)
    {
        if (content is not PickleDictionary file)
        {
            throw new FormatException("it holds no dict. Save a state dict: torch.save(model.state_dict(), path).");
        }

        // Under a key first, as some scripts put single tensors, such as the best accuracy, beside the state dict.
        var candidates = file.Items.Where(item => item.Value is PickleDictionary { HasTensors: true }).ToList();
        if ((key is null ? _usualKeys : [key]).FirstOrDefault(name => candidates.Exists(candidate => candidate.Key == name)) is { } found)
        {
            return (found, [.. ((PickleDictionary)file.Find(found)!).Items]);
        }

        if (key is null && file.HasTensors)
        {
            return (null, [.. file.Items]);
        }

        throw new FormatException(
            $"it holds no state dict under {(key is null ? $"one of the usual names ({string.Join(", ", _usualKeys)})" : $"'{key}'")}. " +
            (candidates.Count == 0 ? "Nothing in it looks like one; save model.state_dict()." : $"There are tensors under: {string.Join(", ", candidates.Take(10).Select(candidate => $"'{candidate.Key}'"))}."));
    }

    private static Dictionary<string, TensorRecord> Tensors(IReadOnlyList<KeyValuePair<string, object?>> items, StoredZip zip, string root, int fileSizeInBytes)
    {
        var tensors = new Dictionary<string, TensorRecord>(items.Count);
        var total = 0L;
        foreach (var (name, value) in items)
        {
            var tensor = value as TensorReference ?? throw new FormatException($"'{name}' in its state dict is no tensor.");

            // Counted by value, not by place: views, expanded tensors and many names for one storage all take memory once they are copied or converted.
            total += tensor.DecodedSizeInBytes;
            if (total > (2L * fileSizeInBytes) + SpareSizeInBytes)
            {
                throw new FormatException(
                    $"its tensors, up to '{name}', would take {total} bytes, more than twice the whole file of {fileSizeInBytes}, so many of them share their values. Save copies of them: tensor.clone().");
            }

            try
            {
                tensors.Add(name, tensor.ToRecord(storage => zip.Find(root + StorageFolder + storage)));
            }
            catch (FormatException error)
            {
                throw new FormatException($"tensor '{name}': {error.Message}", error);
            }
        }

        return tensors;
    }

    private static Dictionary<string, string> Metadata(StoredZip zip, string root)
    {
        var folder = root + MetadataFolder;
        return zip.Names.Where(name => name.StartsWith(folder, StringComparison.Ordinal)).ToDictionary(
            name => name[folder.Length..],
            name => zip.Find(name)!.Value.Span is var text && Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : throw new FormatException($"its entry '{name}' is not UTF-8."));
    }
}
