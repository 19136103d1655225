using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Afa.Tests.Data;

/// <summary>Files of NumPy arrays: made by NumPy itself, and put together here.</summary>
internal static class SmallNpz
{
    // NumPy 1.24.2: x = np.arange(36, dtype=np.uint8).reshape(2, 2, 3, 3); y = np.array([7, 1])
    // np.savez(file, image=x, label=y)
    public const string Saved =
        "UEsDBBQAAAAAAAAAIQCB5b/LpAAAAKQAAAAJABQAaW1hZ2UubnB5AQAQAKQAAAAAAAAApAAAAAAAAACTTlVNUFkBAHYAeydkZXNjcic6ICd8dTEnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwgMiwgMywgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgCgABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiI1BLAwQUAAAAAAAAACEAC5ICNJAAAACQAAAACQAUAGxhYmVsLm5weQEAEACQAAAAAAAAAJAAAAAAAAAAk05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoHAAAAAAAAAAEAAAAAAAAAUEsBAhQDFAAAAAAAAAAhAIHlv8ukAAAApAAAAAkAAAAAAAAAAAAAAIABAAAAAGltYWdlLm5weVBLAQIUAxQAAAAAAAAAIQALkgI0kAAAAJAAAAAJAAAAAAAAAAAAAACAAd8AAABsYWJlbC5ucHlQSwUGAAAAAAIAAgBuAAAAqgEAAAAA";

    // np.savez_compressed(file, image=x, label=y)
    public const string SavedCompressed =
        "UEsDBBQAAAAIAAAAIQCB5b/LbQAAAKQAAAAJABQAaW1hZ2UubnB5AQAQAKQAAAAAAAAAbQAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBeU2qorqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOgpAZAxEmjoKtQpkAC4GRiZmFlY2dg5OLm4eXj5+AUEhYRFRMXEJSSlpGVk5eQVFJWUAUEsDBBQAAAAIAAAAIQALkgI0SgAAAJAAAAAJABQAbGFiZWwubnB5AQAQAJAAAAAAAAAASgAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2mhrqOgnpZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RpGOpo6CrUKFAAudgYIYITSAFBLAQIUAxQAAAAIAAAAIQCB5b/LbQAAAKQAAAAJAAAAAAAAAAAAAACAAQAAAABpbWFnZS5ucHlQSwECFAMUAAAACAAAACEAC5ICNEoAAACQAAAACQAAAAAAAAAAAAAAgAGoAAAAbGFiZWwubnB5UEsFBgAAAAACAAIAbgAAAC0BAAAAAA==";

    // np.savez(file, image=x, label=np.array([7, None], dtype=object))
    public const string SavedObjects =
        "UEsDBBQAAAAAAAAAIQCB5b/LpAAAAKQAAAAJABQAaW1hZ2UubnB5AQAQAKQAAAAAAAAApAAAAAAAAACTTlVNUFkBAHYAeydkZXNjcic6ICd8dTEnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwgMiwgMywgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgCgABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiI1BLAwQUAAAAAAAAACEA6Em5mx0BAAAdAQAACQAUAGxhYmVsLm5weQEAEAAdAQAAAAAAAB0BAAAAAAAAk05VTVBZAQB2AHsnZGVzY3InOiAnfE8nLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAqAA2NudW1weS5jb3JlLm11bHRpYXJyYXkKX3JlY29uc3RydWN0CnEAY251bXB5Cm5kYXJyYXkKcQFLAIVxAkMBYnEDh3EEUnEFKEsBSwKFcQZjbnVtcHkKZHR5cGUKcQdYAgAAAE84cQiJiIdxCVJxCihLA1gBAAAAfHELTk5OSv////9K/////0s/dHEMYoldcQ0oSwdOZXRxDmIuUEsBAhQDFAAAAAAAAAAhAIHlv8ukAAAApAAAAAkAAAAAAAAAAAAAAIABAAAAAGltYWdlLm5weVBLAQIUAxQAAAAAAAAAIQDoSbmbHQEAAB0BAAAJAAAAAAAAAAAAAACAAd8AAABsYWJlbC5ucHlQSwUGAAAAAAIAAgBuAAAANwIAAAAA";

    /// <summary>Images in which byte j of image i is 7 i + j, [height, width, 3], with the label i modulo <paramref name="classes"/>.</summary>
    public static byte[] Create(int count, int height, int width, int classes = 10, bool isPacked = false) => Zip(
        isPacked,
        ("image.npy", Npy("|u1", $"({count}, {height}, {width}, 3)", [.. Enumerable.Range(0, count).SelectMany(i => Interleaved(i, height, width))])),
        ("label.npy", Npy("<i8", $"({count},)", [.. Enumerable.Range(0, count).SelectMany(i => BitConverter.GetBytes((long)(i % classes)))])));

    /// <summary>Image i of <see cref="Create"/> as the program holds it: [3, height, width].</summary>
    public static byte[] Planes(int i, int height, int width)
    {
        var interleaved = Interleaved(i, height, width);
        return [.. Enumerable.Range(0, 3).SelectMany(channel => Enumerable.Range(0, height * width).Select(pixel => interleaved[(3 * pixel) + channel]))];
    }

    public static byte[] Npy(string type, string shape, byte[] values)
    {
        var text = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}\n";
        var header = new byte[10 + text.Length];
        new byte[] { 0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0 }.CopyTo(header, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)text.Length);
        Encoding.ASCII.GetBytes(text).CopyTo(header, 10);
        return [.. header, .. values];
    }

    public static byte[] Zip(bool isPacked, params (string Name, byte[] Content)[] files)
    {
        var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create))
        {
            foreach (var (name, content) in files)
            {
                using var entry = archive.CreateEntry(name, isPacked ? CompressionLevel.Fastest : CompressionLevel.NoCompression).Open();
                entry.Write(content);
            }
        }

        return zip.ToArray();
    }

    private static byte[] Interleaved(int i, int height, int width) => [.. Enumerable.Range(0, height * width * 3).Select(j => (byte)((7 * i) + j))];
}
