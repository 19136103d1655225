using System.Buffers.Binary;

namespace Afa.Data;

/// <summary>An integer type of NumPy.</summary>
internal readonly record struct NpyInteger
{
    private readonly bool _isSigned;
    private readonly bool _isBigEndian;

    private NpyInteger(string type)
    {
        _isBigEndian = type[0] == '>';
        _isSigned = type[1] == 'i';
        Size = type[2] - '0';
    }

    /// <summary>Bytes of a value.</summary>
    public int Size { get; }

    /// <param name="type">As in the header of an array, such as <c>&lt;i8</c>.</param>
    /// <exception cref="InvalidDataException">It is no integer type.</exception>
    public static NpyInteger Of(string type, string name) =>
        type is [('<' or '>' or '|'), ('i' or 'u'), ('1' or '2' or '4' or '8')]
            ? new NpyInteger(type)
            : throw new InvalidDataException($"{name} must hold integers, not '{PrintableText.Of(type, maxLength: 100)}'.");

    /// <summary>Reads a value; one that is too large for a long comes out as a negative number.</summary>
    public long Read(ReadOnlySpan<byte> bytes)
    {
        Span<byte> value = stackalloc byte[Size];
        bytes[..Size].CopyTo(value);
        if (_isBigEndian)
        {
            value.Reverse();
        }

        return (Size, _isSigned) switch
        {
            (1, true) => (sbyte)value[0],
            (1, false) => value[0],
            (2, true) => BinaryPrimitives.ReadInt16LittleEndian(value),
            (2, false) => BinaryPrimitives.ReadUInt16LittleEndian(value),
            (4, true) => BinaryPrimitives.ReadInt32LittleEndian(value),
            (4, false) => BinaryPrimitives.ReadUInt32LittleEndian(value),
            _ => BinaryPrimitives.ReadInt64LittleEndian(value),
        };
    }
}
