using System.Text;
using Afa.Compute.Libstdcxx;
using Xunit;

namespace Afa.Tests.Compute;

public class LibstdcxxDowngradeTests
{
    [Fact]
    public void Apply_LibraryThatNeedsTheNewVersion_BecomesOneThatNeedsTheOld()
    {
        var library = new TinyLibrary().Write();

        var edited = LibstdcxxDowngrade.Apply(library);

        // The same library, written from the start for the older compiler: the old entry twice, and the old name in the place of the longer new one.
        var expected = library.ToArray();
        Replace(expected, TinyLibrary.NewSymbol, "_ZNSt8ios_base4InitC1Ev".PadRight(TinyLibrary.NewSymbol.Length, '\0'));
        var newEntry = IndexOf(expected, BitConverter.GetBytes(TinyLibrary.Hash("GLIBCXX_3.4.32")));
        var oldEntry = IndexOf(expected, BitConverter.GetBytes(TinyLibrary.Hash("GLIBCXX_3.4")));
        expected.AsSpan(oldEntry, 4).CopyTo(expected.AsSpan(newEntry));
        expected.AsSpan(oldEntry + 8, 4).CopyTo(expected.AsSpan(newEntry + 8));
        Assert.Equal(expected, edited);
    }

    [Fact]
    public void Apply_Library_IsLeftAsItWas()
    {
        var library = new TinyLibrary().Write();
        LibstdcxxDowngrade.Apply(library);
        Assert.Equal(new TinyLibrary().Write(), library);
    }

    [Fact]
    public void Apply_ASecondTime_FindsNothingToDo() => Assert.Null(LibstdcxxDowngrade.Apply(LibstdcxxDowngrade.Apply(new TinyLibrary().Write())));

    [Fact]
    public void Apply_LibraryOfAnOlderCompiler_FindsNothingToDo() => Assert.Null(LibstdcxxDowngrade.Apply(new TinyLibrary
    {
        Symbols = [("_ZNSsC1Ev", "GLIBCXX_3.4")],
        Needs = [("libstdc++.so.6", ["GLIBCXX_3.4"])],
    }.Write()));

    [Fact]
    public void Apply_OldVersionNotNeeded_IsRefused() => AssertRefused("whose entry would be reused", new TinyLibrary
    {
        Symbols = [(TinyLibrary.NewSymbol, "GLIBCXX_3.4.32")],
        Needs = [("libstdc++.so.6", ["GLIBCXX_3.4.32"])],
    });

    [Fact]
    public void Apply_AnotherSymbolNeedsTheNewVersionToo_IsRefused() => AssertRefused("'_ZNewThing' needs GLIBCXX_3.4.32 too", new TinyLibrary
    {
        Symbols = [(TinyLibrary.NewSymbol, "GLIBCXX_3.4.32"), ("_ZNewThing", "GLIBCXX_3.4.32"), ("_ZNSsC1Ev", "GLIBCXX_3.4")],
    });

    [Fact]
    public void Apply_NoSymbolNeedsTheNewVersion_IsRefused() => AssertRefused("no symbol uses its GLIBCXX_3.4.32", new TinyLibrary
    {
        Symbols = [("_ZNSsC1Ev", "GLIBCXX_3.4")],
    });

    [Fact]
    public void Apply_NameThatIsTheTailOfAnother_IsRefused() => AssertRefused("shares its text", new TinyLibrary
    {
        Before = "prefix",
        Symbols = [(TinyLibrary.NewSymbol, "GLIBCXX_3.4.32"), ("_ZNSsC1Ev", "GLIBCXX_3.4")],
    });

    [Fact]
    public void Apply_NameUsedByTwoSymbols_IsRefused() => AssertRefused("shares its text", new TinyLibrary
    {
        Symbols = [(TinyLibrary.NewSymbol, "GLIBCXX_3.4.32"), (TinyLibrary.NewSymbol, "GLIBCXX_3.4")],
    });

    [Theory]
    [InlineData(0, "not a 64-bit little-endian ELF file")]    // Magic number.
    [InlineData(4, "not a 64-bit little-endian ELF file")]    // 32 or 64 bits.
    [InlineData(5, "not a 64-bit little-endian ELF file")]    // Order of bytes.
    [InlineData(47, "beyond the end")]                        // Place of the section table.
    [InlineData(58, "entries of")]                            // Size of its entries.
    public void Apply_HeaderOfAnotherKind_IsRefused(int position, string reason)
    {
        var library = new TinyLibrary().Write();
        library[position] ^= 0x7f;
        AssertRefused(reason, library);
    }

    [Fact]
    public void Apply_FileCutOffAnywhere_IsRefused()
    {
        var library = new TinyLibrary().Write();
        for (var length = 0; length < library.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => LibstdcxxDowngrade.Apply(library[..length]));
        }
    }

    [Fact]
    public void Apply_RandomDamage_GivesAResultOrIsRefused()
    {
        var random = new Random(11);
        var library = new TinyLibrary().Write();
        for (var i = 0; i < 20_000; i++)
        {
            var damaged = library.ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                var edited = LibstdcxxDowngrade.Apply(damaged);
                Assert.True(edited is null || edited.Length == damaged.Length);
            }
            catch (InvalidDataException exception)
            {
                Assert.StartsWith("TorchSharp's native library is not laid out as expected: ", exception.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void IsOffered_VersionAsAWholeName_IsFound()
    {
        Assert.True(LibstdcxxDowngrade.IsOffered(Encoding.ASCII.GetBytes("\0GLIBCXX_3.4.31\0GLIBCXX_3.4.32\0")));
        Assert.False(LibstdcxxDowngrade.IsOffered(Encoding.ASCII.GetBytes("\0GLIBCXX_3.4.30\0GLIBCXX_3.4.320\0")));
        Assert.False(LibstdcxxDowngrade.IsOffered([]));
    }

    private static void AssertRefused(string reason, TinyLibrary library) => AssertRefused(reason, library.Write());

    private static void AssertRefused(string reason, byte[] library)
    {
        var exception = Assert.Throws<InvalidDataException>(() => LibstdcxxDowngrade.Apply(library));
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    private static void Replace(byte[] bytes, string old, string text) => Encoding.ASCII.GetBytes(text).CopyTo(bytes, IndexOf(bytes, Encoding.ASCII.GetBytes(old)));

    private static int IndexOf(byte[] bytes, byte[] wanted) => bytes.AsSpan().IndexOf(wanted);
}
