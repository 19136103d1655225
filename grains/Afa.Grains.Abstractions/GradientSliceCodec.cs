using System.Buffers;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace Afa.Grains;

/// <summary>Writes the bytes of a slice at once, and reads them into a pooled buffer: a field of the format, one byte, and the values.</summary>
/// <remarks>Orleans' codec for byte[] writes at once too, but each read makes an array, which for a gradient is garbage of its whole size in every step.</remarks>
[RegisterSerializer]
internal sealed class GradientSliceCodec : IFieldCodec<GradientSlice>
{
    /// <summary>Far above the slices that are sent; a larger one is not ours.</summary>
    private const int LargestInBytes = 64 << 20;

    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, GradientSlice? value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value))
        {
            return;
        }

        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(GradientSlice), WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)value!.Bytes.Length + 1);
        writer.WriteByte((byte)value.Format);
        writer.Write(value.Bytes.Span);
    }

    /// <exception cref="InvalidDataException">The length or the format cannot be right.</exception>
    public GradientSlice? ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.WireType == WireType.Reference)
        {
            return ReferenceCodec.ReadReference<GradientSlice, TInput>(ref reader, field);
        }

        var length = field.WireType == WireType.LengthPrefixed ? reader.ReadVarUInt32() : 0;
        if (length is < 1 or > LargestInBytes || length > reader.Length - reader.Position)
        {
            throw new InvalidDataException($"A slice of a gradient must have 1 to {LargestInBytes} bytes, all in its message, not {length}; {reader.Length - reader.Position} are left.");
        }

        var format = (GradientFormat)reader.ReadByte();
        if (!Enum.IsDefined(format))
        {
            throw new InvalidDataException($"A slice of a gradient has the unknown format {(byte)format}. The silos run different versions.");
        }

        var slice = GradientSlice.Rent((int)length - 1, format, out var bytes);
        reader.ReadBytes(bytes);
        ReferenceCodec.RecordObject(reader.Session, slice);
        return slice;
    }
}

/// <summary>A slice is passed by reference inside a silo.</summary>
[RegisterCopier]
internal sealed class GradientSliceCopier : ShallowCopier<GradientSlice>;
