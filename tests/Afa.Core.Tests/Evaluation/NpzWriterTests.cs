using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using Afa.Evaluation;
using Xunit;

namespace Afa.Tests.Evaluation;

public sealed class NpzWriterTests
{
    private const string Python = "/usr/bin/python3";

    [Fact]
    public void Write_EachType_IsReadBack()
    {
        using var stream = new MemoryStream();
        using (var writer = new NpzWriter(stream))
        {
            writer.Write("images", [0, 0.5f, -1.25f, float.MaxValue, float.Epsilon, 1], 1, 2, 3);
            writer.Write("labels", [1, -2, int.MaxValue], 3);
            writer.Write("pixels", new byte[] { 0, 128, 255, 7 }, 2, 2);
            writer.Write("robust", [true, false], 2);
            writer.Write("epsilon", [0.1f]);
        }

        var arrays = Read(stream);
        Assert.Equal(["images", "labels", "pixels", "robust", "epsilon"], arrays.Keys);
        Assert.Equal(("<f4", "(1, 2, 3)"), (arrays["images"].Type, arrays["images"].Shape));
        Assert.Equal([0, 0.5f, -1.25f, float.MaxValue, float.Epsilon, 1], MemoryMarshal.Cast<byte, float>(arrays["images"].Values).ToArray());
        Assert.Equal(("<i4", "(3,)"), (arrays["labels"].Type, arrays["labels"].Shape));
        Assert.Equal([1, -2, int.MaxValue], MemoryMarshal.Cast<byte, int>(arrays["labels"].Values).ToArray());
        Assert.Equal(("|u1", "(2, 2)"), (arrays["pixels"].Type, arrays["pixels"].Shape));
        Assert.Equal([0, 128, 255, 7], arrays["pixels"].Values);
        Assert.Equal(("|b1", "(2,)"), (arrays["robust"].Type, arrays["robust"].Shape));
        Assert.Equal([1, 0], arrays["robust"].Values);
        Assert.Equal(("<f4", "()"), (arrays["epsilon"].Type, arrays["epsilon"].Shape));
    }

    [Fact]
    public void Append_InPieces_GivesTheBytesOfOneWrite()
    {
        var values = Enumerable.Range(0, 1_000).Select(i => i / 7f).ToArray();

        var whole = Written(writer => writer.Write("images", values, 10, 100));
        var pieces = Written(writer =>
        {
            writer.BeginArray("images", 10, 100);
            foreach (var piece in values.Chunk(333))
            {
                writer.Append(piece);
            }

            writer.Write("labels", [1], 1);
        });

        Assert.Equal(Read(new MemoryStream(whole))["images"].Values, Read(new MemoryStream(pieces))["images"].Values);
        Assert.Equal(whole, Written(writer => writer.Write("images", values, 10, 100)));
    }

    [Fact]
    public void BeginArray_NoValues_IsAnEmptyArray()
    {
        var empty = Read(new MemoryStream(Written(writer => writer.BeginArray("images", 0, 3))))["images"];

        Assert.Equal("(0, 3)", empty.Shape);
        Assert.Empty(empty.Values);
    }

    [Fact]
    public void Append_ToAStreamThatCannotSeek_Works()
    {
        using var memory = new MemoryStream();
        using (var oneWay = new BufferedStream(new GZipStream(memory, CompressionLevel.NoCompression, leaveOpen: true)))
        using (var writer = new NpzWriter(oneWay))
        {
            writer.Write("labels", [1, 2], 2);
        }

        memory.Position = 0;
        using var unpacked = new MemoryStream();
        new GZipStream(memory, CompressionMode.Decompress).CopyTo(unpacked);
        Assert.Equal("(2,)", Read(unpacked)["labels"].Shape);
    }

    [Fact]
    public void Write_WhatDoesNotFit_IsRefused()
    {
        using var writer = new NpzWriter(new MemoryStream());

        Assert.Contains("must hold 6 values, not 5", Assert.Throws<ArgumentException>(() => writer.Write("images", new float[5], 2, 3)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => writer.Write("images", new float[6], -2, -3));
        Assert.Throws<OverflowException>(() => writer.BeginArray("images", long.MaxValue, 2));
        Assert.Throws<ArgumentException>(() => writer.Write("../images", [1], 1));
        Assert.Throws<InvalidOperationException>(() => writer.Append([1]));

        writer.BeginArray("images", 2);
        writer.Append([1]);
        Assert.Contains("'images' lacks 1 values", Assert.Throws<InvalidOperationException>(() => writer.Write("labels", [1], 1)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => writer.Append([2, 3]));
        writer.Append([2]);
        Assert.Contains("There is an array 'images'", Assert.Throws<ArgumentException>(() => writer.Write("images", [1], 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_EachType_IsReadByNumPy()
    {
        var check = """
            import sys
            try:
                import numpy
            except ImportError:
                sys.exit(77)
            a = numpy.load(sys.argv[1])
            f = a['images']
            assert f.dtype == numpy.float32 and f.shape == (2, 1, 3) and f.flags['C_CONTIGUOUS'], f
            assert (f.ravel() == numpy.arange(6, dtype='f4') / 4).all(), f
            assert a['labels'].dtype == numpy.int32 and a['labels'].tolist() == [1, -2], a['labels']
            assert a['pixels'].dtype == numpy.uint8 and a['pixels'].tolist() == [[0], [255]], a['pixels']
            assert a['robust'].dtype == numpy.bool_ and a['robust'].tolist() == [True, False, True], a['robust']
            """;
        Assert.SkipUnless(File.Exists(Python), $"There is no {Python}.");
        var path = Path.Combine(Path.GetTempPath(), $"afa-{Guid.NewGuid():N}.npz");
        try
        {
            await File.WriteAllBytesAsync(path, Written(writer =>
            {
                writer.BeginArray("images", 2, 1, 3);
                writer.Append([0, 0.25f]);
                writer.Append([0.5f, 0.75f, 1, 1.25f]);
                writer.Write("labels", [1, -2], 2);
                writer.Write("pixels", new byte[] { 0, 255 }, 2, 1);
                writer.Write("robust", [true, false, true], 3);
            }), TestContext.Current.CancellationToken);
            using var python = Process.Start(new ProcessStartInfo(Python, ["-c", check, path]) { RedirectStandardError = true })!;
            var errors = await python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await python.WaitForExitAsync(TestContext.Current.CancellationToken);

            Assert.SkipWhen(python.ExitCode == 77, $"{Python} has no numpy.");
            Assert.True(python.ExitCode == 0, errors);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static byte[] Written(Action<NpzWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new NpzWriter(stream))
        {
            write(writer);
        }

        return stream.ToArray();
    }

    /// <summary>Reads the format by its description, numpy.lib.format, version 1.0.</summary>
    private static Dictionary<string, (string Type, string Shape, byte[] Values)> Read(MemoryStream stream)
    {
        using var archive = new ZipArchive(new MemoryStream(stream.ToArray()), ZipArchiveMode.Read);
        return archive.Entries.ToDictionary(entry => entry.Name[..^".npy".Length], entry =>
        {
            using var content = new MemoryStream();
            using (var packed = entry.Open())
            {
                packed.CopyTo(content);
            }

            var bytes = content.ToArray();
            Assert.Equal([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0], bytes[..8]);
            var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
            Assert.Equal(0, (10 + length) % 64);
            var header = Encoding.ASCII.GetString(bytes, 10, length);
            Assert.EndsWith("\n", header, StringComparison.Ordinal);
            Assert.Contains("'fortran_order': False", header, StringComparison.Ordinal);
            return (Between(header, "'descr': '", "'"), Between(header, "'shape': ", ", }"), bytes[(10 + length)..]);
        });
    }

    private static string Between(string text, string before, string after) => text.Split(before)[1].Split(after)[0];
}
