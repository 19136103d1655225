using System.Buffers.Binary;

namespace Afa.Data;

/// <summary>Reads the idx files of MNIST and Fashion-MNIST, plain or in gzip.</summary>
public static class IdxReader
{
    // Two zero bytes, 8 for unsigned bytes, number of dimensions.
    private const uint ImagesMagic = 0x0803;
    private const uint LabelsMagic = 0x0801;

    /// <summary>Reads an idx3 file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="height">Rows that each image must have.</param>
    /// <param name="width">Columns that each image must have.</param>
    /// <param name="maximumCount">Most images accepted.</param>
    /// <returns>Pixels, [image, row, column].</returns>
    /// <exception cref="InvalidDataException">The file is not such a file, is damaged, or does not fit the arguments.</exception>
    public static byte[] ReadImages(string path, int height, int width, int maximumCount) =>
        Read(path, ImagesMagic, [height, width], maximumCount);

    /// <summary>Reads an idx1 file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="classes">Number of classes; each label is below.</param>
    /// <param name="maximumCount">Most labels accepted.</param>
    /// <exception cref="InvalidDataException">The file is not such a file, is damaged, or does not fit the arguments.</exception>
    public static byte[] ReadLabels(string path, int classes, int maximumCount)
    {
        var labels = Read(path, LabelsMagic, [], maximumCount);
        DatasetStream.RequireLabelsBelow(classes, labels, path);
        return labels;
    }

    private static byte[] Read(string path, uint magic, ReadOnlySpan<int> itemShape, int maximumCount)
    {
        using var content = DatasetStream.Open(path);

        Span<byte> header = stackalloc byte[8 + (4 * itemShape.Length)];
        DatasetStream.Fill(content, header, path);

        var foundMagic = BinaryPrimitives.ReadUInt32BigEndian(header);
        if (foundMagic != magic)
        {
            throw new InvalidDataException($"{path} must start with the idx number 0x{magic:X8}, not 0x{foundMagic:X8}.");
        }

        var count = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        if (count < 1 || count > maximumCount)
        {
            throw new InvalidDataException($"{path} must hold from 1 to {maximumCount} items, not {count}.");
        }

        var itemSize = 1;
        for (var axis = 0; axis < itemShape.Length; axis++)
        {
            var size = BinaryPrimitives.ReadUInt32BigEndian(header[(8 + (4 * axis))..]);
            if (size != itemShape[axis])
            {
                throw new InvalidDataException(
                    $"{path} must hold images of {itemShape[0]} × {itemShape[1]} pixels, but its dimension {axis + 1} is {size}.");
            }

            itemSize *= itemShape[axis];
        }

        var items = DatasetStream.ReadBytes(content, header.Length, (int)count * itemSize, path);   // At most the size of the official file.
        DatasetStream.RequireEnd(content, header, items, path);
        return items;
    }
}
