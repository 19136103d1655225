using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace Afa.Evaluation;

/// <summary>Writes arrays as NumPy reads them with <c>np.load</c>: a zip file of arrays in the NPY format, version 1.0 (numpy.lib.format).</summary>
/// <remarks>Equal arrays give equal files: times are left out. Values are little-endian, as in the memory of every processor that libtorch runs on.</remarks>
/// <param name="stream">Written from its position on; need not seek. It stays open.</param>
public sealed class NpzWriter(Stream stream) : IDisposable
{
    private const int Alignment = 64;

    private static readonly DateTimeOffset s_noTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ZipArchive _archive = new(stream, ZipArchiveMode.Create, leaveOpen: true);
    private readonly HashSet<string> _names = [];
    private Stream? _array;
    private string _arrayName = "";
    private long _missing;

    /// <summary>Writes a whole array of float32.</summary>
    /// <param name="name">The array's key in Python: letters, digits, '_' and '-'.</param>
    /// <param name="values">In C order: the last axis runs fastest.</param>
    /// <param name="shape">Lengths of the axes; none for a single value.</param>
    /// <exception cref="ArgumentException">The name is not allowed or taken, or the shape does not fit the values.</exception>
    /// <exception cref="InvalidOperationException">An array that was begun is not complete.</exception>
    public void Write(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) => Write(name, "<f4", values, shape);

    /// <summary>Writes a whole array of int32.</summary>
    /// <inheritdoc cref="Write(string, ReadOnlySpan{float}, ReadOnlySpan{long})"/>
    public void Write(string name, ReadOnlySpan<int> values, params ReadOnlySpan<long> shape) => Write(name, "<i4", values, shape);

    /// <summary>Writes a whole array of uint8.</summary>
    /// <inheritdoc cref="Write(string, ReadOnlySpan{float}, ReadOnlySpan{long})"/>
    public void Write(string name, ReadOnlySpan<byte> values, params ReadOnlySpan<long> shape) => Write(name, "|u1", values, shape);

    /// <summary>Writes a whole array of Booleans.</summary>
    /// <inheritdoc cref="Write(string, ReadOnlySpan{float}, ReadOnlySpan{long})"/>
    public void Write(string name, ReadOnlySpan<bool> values, params ReadOnlySpan<long> shape) => Write(name, "|b1", values, shape);

    /// <summary>Begins an array of float32 whose values follow in pieces, so that it need not fit into memory.</summary>
    /// <inheritdoc cref="Write(string, ReadOnlySpan{float}, ReadOnlySpan{long})"/>
    public void BeginArray(string name, params ReadOnlySpan<long> shape)
    {
        Begin(name, "<f4", shape);
        EndIfComplete();
    }

    /// <summary>Writes the next values of the array begun last; it ends with the last value that its shape holds.</summary>
    /// <exception cref="InvalidOperationException">No array was begun, or it holds fewer values.</exception>
    public void Append(ReadOnlySpan<float> values)
    {
        if (values.Length > _missing)
        {
            throw new InvalidOperationException($"The array '{_arrayName}' lacks {_missing} values, not {values.Length}; begin an array with the shape of all its values.");
        }

        if (values.Length > 0)
        {
            _array!.Write(MemoryMarshal.AsBytes(values));
            _missing -= values.Length;
            EndIfComplete();
        }
    }

    /// <summary>Ends the file. Of an array that is not complete, NumPy says so when it reads it.</summary>
    public void Dispose()
    {
        _array?.Dispose();
        _archive.Dispose();
    }

    private void Write<T>(string name, string type, ReadOnlySpan<T> values, ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        if (Size(name, shape) != values.Length)
        {
            throw new ArgumentException($"The array '{name}' of shape {Tuple(shape)} must hold {Size(name, shape)} values, not {values.Length}.", nameof(values));
        }

        Begin(name, type, shape);
        _array!.Write(MemoryMarshal.AsBytes(values));
        _missing = 0;
        EndIfComplete();
    }

    private void Begin(string name, string type, ReadOnlySpan<long> shape)
    {
        if (_array is not null)
        {
            throw new InvalidOperationException($"The array '{_arrayName}' lacks {_missing} values; append them before '{name}' begins.");
        }

        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
        {
            throw new ArgumentException($"The name of an array must be of letters, digits, '_' and '-', not '{name}'.", nameof(name));
        }

        _missing = Size(name, shape);
        if (!_names.Add(name))
        {
            throw new ArgumentException($"There is an array '{name}' in the file; give each its own name.", nameof(name));
        }

        var entry = _archive.CreateEntry($"{name}.npy", CompressionLevel.Fastest);
        entry.LastWriteTime = s_noTime;
        _array = entry.Open();
        _arrayName = name;
        _array.Write(Header(type, shape));
    }

    private void EndIfComplete()
    {
        if (_missing == 0)
        {
            _array?.Dispose();
            _array = null;
        }
    }

    private static long Size(string name, ReadOnlySpan<long> shape)
    {
        var size = 1L;
        foreach (var length in shape)
        {
            size = length >= 0 ? checked(size * length) : throw new ArgumentException($"The array '{name}' cannot have the shape {Tuple(shape)}: a length is negative.", nameof(shape));
        }

        return size;
    }

    /// <summary>Magic text, version, length in two bytes, and a Python dictionary padded so that the values begin at a multiple of 64.</summary>
    private static byte[] Header(string type, ReadOnlySpan<long> shape)
    {
        const int prefix = 10;
        var dictionary = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {Tuple(shape)}, }}";
        var length = (prefix + dictionary.Length + Alignment) / Alignment * Alignment - prefix;   // At least one more, for the end of the line.
        return
        [
            0x93, .. "NUMPY"u8, 1, 0, (byte)length, (byte)(length >> 8),
            .. Encoding.ASCII.GetBytes(dictionary.PadRight(length - 1)), (byte)'\n',
        ];
    }

    /// <summary>As Python writes it: one length has a comma behind it.</summary>
    private static string Tuple(ReadOnlySpan<long> shape)
    {
        var lengths = new string[shape.Length];
        for (var axis = 0; axis < shape.Length; axis++)
        {
            lengths[axis] = shape[axis].ToString(CultureInfo.InvariantCulture);
        }

        return lengths.Length == 1 ? $"({lengths[0]},)" : $"({string.Join(", ", lengths)})";
    }
}
