using System.Buffers.Binary;
using System.Security.Cryptography;
using Afa.Federation.Privacy;
using Xunit;

namespace Afa.Tests.Federation.Privacy;

public sealed class MaskSumTests
{
    private static readonly byte[] s_key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [Theory]
    [InlineData(0, 100)]
    [InlineData(3, 1)]
    [InlineData(2, 20_001)]
    [InlineData(8190, 4)]
    [InlineData(4L * int.MaxValue + 5, 9)]
    public void AddTo_AnySlice_IsCounterMode(long offset, int count)
    {
        using var masks = new MaskSum();
        masks.Include(s_key, isAdded: true);
        var words = new uint[count];
        masks.AddTo(words, offset);

        using var aes = Aes.Create();
        aes.Key = s_key;
        var block = new byte[16];
        for (var i = 0; i < count; i += Math.Max(1, count / 50))
        {
            block.AsSpan().Clear();
            BinaryPrimitives.WriteInt64BigEndian(block.AsSpan(8), (offset + i) / 4);
            var expected = aes.EncryptEcb(block, PaddingMode.None).AsSpan((int)((offset + i) % 4) * 4, 4);
            Assert.Equal(BinaryPrimitives.ReadUInt32LittleEndian(expected), words[i]);
        }
    }

    /// <summary>AES-256 of a zero block under a zero key, as in test case 13 of McGrew and Viega's GCM.</summary>
    [Fact]
    public void AddTo_ZeroKey_IsThePublishedBlock()
    {
        using var masks = new MaskSum();
        masks.Include(new byte[32], isAdded: true);
        var words = new uint[4];
        masks.AddTo(words, 0);

        Assert.Equal([0x78c095dcu, 0x898940a2u, 0x14a248adu, 0x87208492u], words);
    }

    [Fact]
    public void AddTo_WithBothSigns_Cancels()
    {
        using var masks = new MaskSum();
        masks.Include(s_key, isAdded: true);
        masks.Include(s_key, isAdded: false);
        uint[] words = [1, 2, 3, 4, 5];
        masks.AddTo(words, 2);

        Assert.Equal([1, 2, 3, 4, 5], words);
    }

    [Fact]
    public void AddTo_InSlices_IsTheWhole()
    {
        using var masks = new MaskSum();
        masks.Include(s_key, isAdded: true);
        masks.Include(new byte[32], isAdded: false);
        var whole = new uint[20_000];
        masks.AddTo(whole, 1);

        var slices = new uint[20_000];
        foreach (var (start, end) in new[] { (0, 7), (7, 8192), (8192, 19_999), (19_999, 20_000) })
        {
            masks.AddTo(slices.AsSpan(start..end), start + 1);
        }

        Assert.Equal(whole, slices);
    }
}
