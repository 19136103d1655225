using static TorchSharp.torch;

namespace Afa.Checkpoints.PyTorch;

/// <summary>A tensor as a view of a storage, whose bytes are not looked at before they are asked for.</summary>
internal sealed class TensorReference
{
    private readonly StorageReference _storage;
    private readonly long _offset;

    // As the pickle has them: one tuple may serve many thousand tensors, most of which are never asked for.
    private readonly object?[] _shape;
    private readonly object?[] _strides;
    private readonly int _count;

    /// <param name="storage">Where the elements lie.</param>
    /// <param name="offset">Position of the first one, in elements.</param>
    /// <param name="shape">Length of each axis, a long. Not copied.</param>
    /// <param name="strides">Elements from one position of an axis to the next, a long; 0 repeats the same element. Not copied.</param>
    /// <exception cref="FormatException">
    /// Something is no whole number, or the tensor reaches out of its storage, or has more than 2 GiB or <see cref="TensorRecord.MaxRank"/> axes.
    /// </exception>
    public TensorReference(StorageReference storage, long offset, object?[] shape, object?[] strides)
    {
        if (shape.Length > TensorRecord.MaxRank || shape.Length != strides.Length || offset < 0 || !AreCounts(shape) || !AreCounts(strides))
        {
            throw new FormatException(
                $"a tensor has {shape.Length} axes, {strides.Length} strides and offset {offset}; as many of both are needed, at most {TensorRecord.MaxRank}, all whole numbers and nothing negative.");
        }

        // Both stop growing when they are too large, so that nothing overflows: an Int128 holds the product of any two longs.
        Int128 count = 1;
        Int128 last = offset;
        var isEmpty = false;
        for (var axis = 0; axis < shape.Length; axis++)
        {
            var (length, stride) = ((long)shape[axis]!, (long)strides[axis]!);
            isEmpty |= length == 0;
            count = count > Array.MaxLength ? count : count * Math.Max(length, 1);
            last = last > storage.Count ? last : last + (Int128)Math.Max(length - 1, 0) * stride;
        }

        if (count * storage.ElementSizeInBytes > Array.MaxLength || (!isEmpty && last >= storage.Count))
        {
            throw new FormatException(
                $"a tensor of shape [{string.Join(", ", shape)}], strides [{string.Join(", ", strides)}] and offset {offset} does not lie within its storage of {storage.Count} elements.");
        }

        (_storage, _offset, _shape, _strides, _count) = (storage, offset, shape, strides, isEmpty ? 0 : (int)count);
    }

    /// <summary>Bytes that a copy takes.</summary>
    public int SizeInBytes => _count * _storage.ElementSizeInBytes;

    /// <summary>Bytes that the shape takes, and the values in the type in which they are used: half precision becomes float32.</summary>
    public long DecodedSizeInBytes => (_shape.Length * sizeof(long)) + (_storage.ElementType is ScalarType.Float16 or ScalarType.BFloat16 ? (long)_count * sizeof(float) : SizeInBytes);

    /// <summary>Whether the elements lie in row-major order without gaps, so that they need not be copied.</summary>
    public bool IsContiguous
    {
        get
        {
            var expected = 1L;
            for (var axis = _shape.Length - 1; axis >= 0 && _count > 0; axis--)
            {
                var length = (long)_shape[axis]!;
                if (length != 1 && (long)_strides[axis]! != expected)
                {
                    return false;
                }

                expected *= length;
            }

            return true;
        }
    }

    /// <summary>Gives the tensor's values. Those of a contiguous tensor are a slice of the archive.</summary>
    /// <param name="findStorage">Finds a storage's bytes by its key; null if there are none.</param>
    /// <exception cref="FormatException">The storage is missing or of another size, or a Bool is not 0 or 1.</exception>
    public TensorRecord ToRecord(Func<string, ReadOnlyMemory<byte>?> findStorage)
    {
        var size = _storage.ElementSizeInBytes;
        var bytes = findStorage(_storage.Key) ?? throw new FormatException($"its storage '{_storage.Key}' is missing.");
        if (bytes.Length != _storage.Count * (Int128)size)
        {
            throw new FormatException($"its storage '{_storage.Key}' has {bytes.Length} bytes; {_storage.Count} elements of {_storage.ElementType} take {_storage.Count * (Int128)size}.");
        }

        var data = _count == 0 ? default
            : IsContiguous ? bytes.Slice((int)_offset * size, SizeInBytes)
            : Gather(bytes.Span, size);
        try
        {
            return new(_storage.ElementType, Numbers(_shape), data);
        }
        catch (ArgumentException error)
        {
            throw new FormatException(error.Message, error);
        }
    }

    private static bool AreCounts(object?[] values) => Array.TrueForAll(values, value => value is long and >= 0);

    private static long[] Numbers(object?[] values) => Array.ConvertAll(values, value => (long)value!);

    /// <summary>Copies the elements into row-major order.</summary>
    private byte[] Gather(ReadOnlySpan<byte> storage, int size)
    {
        var data = new byte[SizeInBytes];
        var (shape, strides) = (Numbers(_shape), Numbers(_strides));
        var position = new long[shape.Length];
        var source = _offset;
        for (var target = 0; target < data.Length; target += size)
        {
            storage.Slice((int)source * size, size).CopyTo(data.AsSpan(target));
            for (var axis = shape.Length - 1; axis >= 0; axis--)
            {
                source += strides[axis];
                if (++position[axis] < shape[axis])
                {
                    break;
                }

                source -= strides[axis] * shape[axis];
                position[axis] = 0;
            }
        }

        return data;
    }
}
