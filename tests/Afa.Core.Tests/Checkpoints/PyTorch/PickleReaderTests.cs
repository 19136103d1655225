using System.Text;
using Afa.Checkpoints.PyTorch;
using Xunit;

namespace Afa.Tests.Checkpoints.PyTorch;

public sealed class PickleReaderTests
{
    // Latin-1: each character is a byte. The pickles are those of Python's pickle module, or made by hand from pickletools.
    [Theory]
    [InlineData("N.", null)]
    [InlineData("\x88.", true)]
    [InlineData("K\xff.", 255L)]
    [InlineData("M\x01\x02.", 513L)]
    [InlineData("J\xfe\xff\xff\xff.", -2L)]
    [InlineData("\x8a\x00.", 0L)]
    [InlineData("\x8a\x01\x80.", -128L)]
    [InlineData("\x8a\x06\x00\x00\x00\x00\x00\x01.", 1L << 40)]
    [InlineData("\x8b\x02\x00\x00\x00\xff\x00.", 255L)]
    [InlineData("G\x3f\xe0\x00\x00\x00\x00\x00\x00.", 0.5)]
    [InlineData("X\x02\x00\x00\x00\xc3\xa4.", "ä")]
    [InlineData("\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00\x8c\x01\x61\x94.", "a")]
    public void Read_Value_IsIt(string pickle, object? expected) => Assert.Equal(expected, Read(pickle));

    [Fact]
    public void Read_NestedValues_KeepsTuplesAndTextKeys()
    {
        // {'a': (1, 2), 3: 4, 'b': [5]} and then 'a' again from the memo, which replaces the first.
        var dictionary = Assert.IsType<PickleDictionary>(Read("}(X\x01\x00\x00\x00\x61q\x00K\x01K\x02\x86K\x03K\x04X\x01\x00\x00\x00\x62]K\x05\x61h\x00K\x07u."));

        Assert.Equal(7L, dictionary.Find("a"));
        Assert.Same(PickleInert.Value, dictionary.Find("b"));
        Assert.Equal(2, dictionary.Items.Count());
    }

    [Fact]
    public void Read_DictThatHoldsItself_Ends()
    {
        var dictionary = Assert.IsType<PickleDictionary>(Read("}q\x00X\x01\x00\x00\x00\x61h\x00s."));

        Assert.Same(dictionary, dictionary.Find("a"));
    }

    [Theory]
    [InlineData("cos\nsystem\n.", "'os.system'")]
    [InlineData("cbuiltins\neval\n.", "'builtins.eval'")]
    [InlineData("\x8c\x02os\x8c\x06system\x93.", "'os.system'")]
    [InlineData("\x8c\x0csomewhere.so\x8c\x03run\x93.", "'somewhere.so.run'")]
    [InlineData("ctorch.storage\nUntypedStorage\n.", "'torch.storage.UntypedStorage'")]
    [InlineData("ctorch._utils\n_rebuild_tensor_v2\n)R.", "other arguments")]
    [InlineData("ccollections\nOrderedDict\nK\x01\x85R.", "other arguments")]
    [InlineData("ctorch\nFloatStorage\n)R.", "cannot be called")]
    [InlineData("NN\x81.", "cannot be called")]
    [InlineData("X\x06\x00\x00\x00os.exeQ.", "outside of it")]
    [InlineData("Pos.exe\n.", "0x50")]
    [InlineData("ios\nsystem\n.", "0x69")]           // INST
    [InlineData("(cos\nsystem\no.", "'os.system'")]  // OBJ
    [InlineData("\x82\x01.", "0x82")]                // EXT1
    [InlineData("\x97.", "0x97")]                    // NEXT_BUFFER
    [InlineData("\x80\x06N.", "protocol 6")]
    [InlineData("\x80\x01N.", "protocol 1")]
    [InlineData("", "1 bytes announced where 0 are left")]
    [InlineData("N", "1 bytes announced")]
    [InlineData(".", "too few values")]
    [InlineData("(.", "too few values")]
    [InlineData("N(\x85.", "too few values")]
    [InlineData("t.", "a mark missing")]
    [InlineData("X\xff\xff\xff\x7f.", "2147483647 bytes announced")]
    [InlineData("\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "18446744073709551615 bytes announced")]
    [InlineData("B\xff\xff\xff\xff.", "4294967295 bytes announced")]
    [InlineData("\x8b\xff\xff\xff\xff.", "4294967295 bytes announced")]
    [InlineData("X\x01\x00\x00\x00\xff.", "not UTF-8")]
    [InlineData("cabc", "without an end")]
    [InlineData("h\x00.", "object 0, which is not there")]
    [InlineData("j\xff\xff\xff\xff.", "object 4294967295, which is not there")]
    [InlineData("Nr\xff\xff\xff\x7f.", "object 2147483647 after only 0")]
    [InlineData("NNa.", "no list")]
    [InlineData("NN(NNu.", "no dict")]
    [InlineData("}(Nu.", "without a value")]
    [InlineData("NNb.", "a state for what has none")]
    [InlineData("NN\x93.", "no text")]
    public void Read_WhatAStateDictDoesNotNeed_IsRefused(string pickle, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => Read(pickle)).Message);

    [Theory]
    [InlineData("", "}", 50_000_000, "more than 500000 opcodes", 40_000_000)]

    // One tensor of 64 axes after the other from a memoized function (0) and arguments (1): ("storage", FloatStorage, "0", "cpu", 1), 0, shape, strides, False, None.
    [InlineData("ctorch._utils\n_rebuild_tensor_v2\nq\x00((X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x00\x30X\x03\x00\x00\x00\x63puK\x01tQK\x00(64 ones t(64 ones t\x89Ntq\x01", "h\x00h\x01R", 200_000, "more than 500000 opcodes", 40_000_000)]

    // One dict after the other with a memoized key.
    [InlineData("X\x01\x00\x00\x00\x61q\x00", "}h\x00Ns", 200_000, "more than 50000 dicts", 40_000_000)]

    // Dicts that stay empty, as a number is no key.
    [InlineData("", "}K\x00Ns", 200_000, "more than 500000 opcodes", 40_000_000)]
    public void Read_OpcodesWithoutEnd_StopsInLittleMemory(string start, string repeated, int times, string expected, int mostBytes)
    {
        start = start.Replace("64 ones ", string.Concat(Enumerable.Repeat("K\x01", 64)), StringComparison.Ordinal);
        byte[] pickle = [.. Encoding.Latin1.GetBytes(start), .. Enumerable.Repeat(Encoding.Latin1.GetBytes(repeated), times).SelectMany(bytes => bytes)];
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Contains(expected, Assert.Throws<FormatException>(() => new PickleReader(pickle).Read()).Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, mostBytes);
    }

    private static object? Read(string pickle) => new PickleReader(Encoding.Latin1.GetBytes(pickle)).Read();
}
