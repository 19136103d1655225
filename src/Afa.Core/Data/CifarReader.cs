namespace Afa.Data;

/// <summary>Reads the binary versions of CIFAR-10 and CIFAR-100 (Krizhevsky 2009).</summary>
public static class CifarReader
{
    /// <summary>Reads one file of records.</summary>
    /// <param name="path">The file.</param>
    /// <param name="labelBytes">Bytes before the pixels of a record, the last of which is the label: 1 in CIFAR-10, 2 in CIFAR-100.</param>
    /// <param name="imageSize">Bytes of an image.</param>
    /// <param name="classes">Number of classes; each label is below.</param>
    /// <param name="maximumCount">Most records accepted; a subset file may have fewer.</param>
    /// <returns>Pixels, [image, channel, row, column], and the label of each image.</returns>
    /// <exception cref="InvalidDataException">The file is not such a file, is damaged, or does not fit the arguments.</exception>
    public static (byte[] Pixels, byte[] Labels) Read(string path, int labelBytes, int imageSize, int classes, int maximumCount)
    {
        using var file = File.OpenRead(path);

        var recordSize = labelBytes + imageSize;
        var (count, rest) = Math.DivRem(file.Length, recordSize);
        if (rest != 0)
        {
            throw new InvalidDataException(
                $"{path} must have a length that is a multiple of {recordSize} bytes (one record), not {file.Length}; it is truncated or of another format.");
        }

        if (count < 1 || count > maximumCount)
        {
            throw new InvalidDataException($"{path} must hold from 1 to {maximumCount} records of {recordSize} bytes, not {count}.");
        }

        var pixels = new byte[count * imageSize];
        var labels = new byte[count];
        Span<byte> label = stackalloc byte[labelBytes];
        for (var i = 0; i < count; i++)
        {
            DatasetStream.Fill(file, label, path);
            labels[i] = label[^1];
            DatasetStream.Fill(file, pixels.AsSpan(i * imageSize, imageSize), path);
        }

        DatasetStream.RequireLabelsBelow(classes, labels, path);
        return (pixels, labels);
    }
}
