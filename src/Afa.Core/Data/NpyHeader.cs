using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Afa.Data;

/// <summary>What stands before the values of an array in NumPy's own format (numpy.lib.format, versions 1 to 3).</summary>
/// <param name="Type">Type of a value, such as <c>|u1</c> or <c>&lt;i8</c>.</param>
/// <param name="Shape">Lengths of the axes; the last one runs fastest.</param>
/// <param name="Length">Bytes of the header; the values follow.</param>
internal sealed partial record NpyHeader(string Type, IReadOnlyList<long> Shape, int Length)
{
    private const int MaximumLength = 10_000;   // NumPy's own limit.
    private const int MaximumAxes = 8;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads a header. Nothing in it is evaluated as Python.</summary>
    /// <param name="name">File and array, for messages.</param>
    /// <exception cref="InvalidDataException">It is no such header, or that of an array of anything but plain numbers in C order.</exception>
    public static NpyHeader Read(Stream content, string name)
    {
        Span<byte> prelude = stackalloc byte[12];
        DatasetStream.Fill(content, prelude[..10], name);
        if (!prelude.StartsWith(Magic) || prelude[6] is < 1 or > 3)
        {
            throw new InvalidDataException($"{name} is no NumPy array of a known version.");
        }

        var preludeLength = prelude[6] == 1 ? 10 : 12;
        DatasetStream.Fill(content, prelude[10..preludeLength], name);
        var length = prelude[6] == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(prelude[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(prelude[8..]);
        if (length > MaximumLength)
        {
            throw new InvalidDataException($"{name} has a header of {length} bytes; more than {MaximumLength} are not read.");
        }

        var text = new byte[length];
        DatasetStream.Fill(content, text, name);
        var match = Dictionary().Match(Encoding.UTF8.GetString(text));
        if (!match.Success)
        {
            throw new InvalidDataException($"{name} has a header that does not describe an array of plain numbers.");
        }

        var type = match.Groups["type"].Value;
        if (type.Contains('O', StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{name} holds pickled Python objects (dtype '{PrintableText.Of(type)}'), which are never unpickled. Save it as an array of integers.");
        }

        if (match.Groups["fortran"].Value == "True")
        {
            throw new InvalidDataException($"{name} is in Fortran order; save it with numpy.ascontiguousarray.");
        }

        return new NpyHeader(type, ParseShape(match.Groups["shape"].Value, name), preludeLength + (int)length);
    }

    private static List<long> ParseShape(string text, string name)
    {
        var shape = new List<long>();
        foreach (var axis in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!long.TryParse(axis, NumberStyles.None, CultureInfo.InvariantCulture, out var size) || shape.Count == MaximumAxes)
            {
                throw new InvalidDataException($"{name} has a shape that cannot be right: ({(text.Length > 100 ? text[..100] + "..." : text)}).");
            }

            shape.Add(size);
        }

        return shape;
    }

    // The keys are always in this order, and the names of types have no quotes in them.
    [GeneratedRegex(@"\A\{ *'descr': *'(?<type>[^']{1,20})', *'fortran_order': *(?<fortran>True|False), *'shape': *\((?<shape>[0-9, ]*)\) *,? *\}[ \n]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Dictionary();
}
