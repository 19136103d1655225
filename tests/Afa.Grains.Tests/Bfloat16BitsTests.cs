using Afa.Grains;

namespace Afa.Tests.Grains;

public sealed class Bfloat16BitsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(1000)]
    public void Values_PackedAndUnpacked_AreTheSameBits(int length)
    {
        var values = Gradients.CreateBfloat16(1, length)[0];
        var packed = new ushort[length];
        var unpacked = new float[length];

        Bfloat16Bits.Pack(values, packed);
        Bfloat16Bits.Unpack(packed, unpacked);

        Gradients.AssertSameBits(values, unpacked);
    }

    [Theory]
    [InlineData(1f, 0x3F80)]
    [InlineData(-2f, 0xC000)]
    [InlineData(0f, 0)]
    [InlineData(float.NegativeInfinity, 0xFF80)]
    public void Pack_Value_IsItsUpperHalf(float value, ushort expected)
    {
        var packed = new ushort[40];

        Bfloat16Bits.Pack([.. Enumerable.Repeat(value, 40)], packed);

        Assert.All(packed, bits => Assert.Equal(expected, bits));
    }
}
