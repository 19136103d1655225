using System.Buffers.Binary;
using System.Text;

namespace Afa.Tests.Compute;

/// <summary>Writes the parts of an ELF shared library that a dynamic linker needs to find versioned symbols; no code.</summary>
internal sealed class TinyLibrary
{
    public const string NewSymbol = "_ZSt21ios_base_library_initv";

    /// <summary>Undefined symbols with the version that each needs, in order.</summary>
    public List<(string Name, string Version)> Symbols { get; init; } =
        [("malloc", "GLIBC_2.2.5"), ("_ZNSsC1Ev", "GLIBCXX_3.4"), (NewSymbol, "GLIBCXX_3.4.32")];

    /// <summary>Versions needed of each library, in order.</summary>
    public List<(string Library, string[] Versions)> Needs { get; init; } =
        [("libc.so.6", ["GLIBC_2.2.5"]), ("libstdc++.so.6", ["GLIBCXX_3.4.32", "CXXABI_1.3", "GLIBCXX_3.4"])];

    /// <summary>Text put right before the first symbol's name, to make a name that is the tail of another.</summary>
    public string Before { get; init; } = "";

    /// <summary>The file.</summary>
    public byte[] Write()
    {
        var strings = new MemoryStream();
        var places = new Dictionary<string, uint>();
        uint Place(string text)
        {
            if (!places.TryGetValue(text, out var place))
            {
                place = (uint)strings.Length;
                places.Add(text, place);
                strings.Write(Encoding.ASCII.GetBytes(text + "\0"));
            }

            return place;
        }

        Place("");
        strings.Write(Encoding.ASCII.GetBytes(Before));
        var numbers = Needs.SelectMany(need => need.Versions).Select((version, i) => (version, Number: (ushort)(i + 2))).ToDictionary(pair => pair.version, pair => pair.Number);
        var symbols = Symbols.Aggregate(new byte[24], (table, symbol) => [.. table, .. U32(Place(symbol.Name)), .. new byte[20]]);
        var versions = Symbols.Aggregate(new byte[2], (table, symbol) => [.. table, .. U16(numbers[symbol.Version])]);
        var needs = new List<byte>();
        foreach (var (library, needed) in Needs)
        {
            var isLast = library == Needs[^1].Library;
            needs.AddRange([.. U16(1), .. U16((ushort)needed.Length), .. U32(Place(library)), .. U32(16), .. U32(isLast ? 0 : 16 + 16 * (uint)needed.Length)]);
            foreach (var version in needed)
            {
                needs.AddRange([.. U32(Hash(version)), .. U16(0), .. U16(numbers[version]), .. U32(Place(version)), .. U32(version == needed[^1] ? 0u : 16)]);
            }
        }

        // Type, linked section and content of each section: none, strings, symbols, their versions, version needs.
        (uint Type, uint Link, byte[] Content)[] sections =
            [(0, 0, []), (3, 0, strings.ToArray()), (11, 1, symbols), (0x6fffffff, 2, versions), (0x6ffffffe, 1, [.. needs])];
        var table = 64 + sections.Sum(section => section.Content.Length);
        var file = new List<byte> { 0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 };
        file.AddRange([.. new byte[33], .. U64((ulong)table), .. new byte[10], .. U16(64), .. U16((ushort)sections.Length), .. U16(0)]);
        foreach (var section in sections)
        {
            file.AddRange(section.Content);
        }

        var offset = 64UL;
        foreach (var (type, link, content) in sections)
        {
            file.AddRange([.. U32(0), .. U32(type), .. U64(0), .. U64(0), .. U64(offset), .. U64((ulong)content.Length), .. U32(link), .. U32(0), .. U64(1), .. U64(0)]);
            offset += (ulong)content.Length;
        }

        return [.. file];
    }

    /// <summary>The hash by which version names are looked up, of the System V ABI.</summary>
    public static uint Hash(string name)
    {
        var hash = 0u;
        foreach (var character in name)
        {
            hash = (hash << 4) + character;
            var top = hash & 0xf0000000;
            hash = (hash ^ (top >> 24)) & ~top;
        }

        return hash;
    }

    private static byte[] U16(ushort value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] U64(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }
}
