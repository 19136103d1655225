using Afa.Data;
using Xunit;

namespace Afa.Tests.Data;

public sealed class NpzFileTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AnyOrder_FileOfNumPy_GivesPlanesAndLabels()
    {
        var npz = NpzFile.Open(_folder.Write("a.npz", Convert.FromBase64String(SmallNpz.Saved)));

        Assert.Equal((2, 3, 2, 3), (npz.Count, npz.Channels, npz.Height, npz.Width));
        Assert.Equal([7, 1], npz.Labels);
        Assert.Equal([18, 21, 24, 27, 30, 33, 19, 22, 25, 28, 31, 34, 20, 23, 26, 29, 32, 35], Image(npz.AnyOrder(), npz.ImageSize, 1));
        Assert.Equal([0, 3, 6, 9, 12, 15, 1, 4, 7, 10, 13, 16, 2, 5, 8, 11, 14, 17], Image(npz.AnyOrder(), npz.ImageSize, 0));
    }

    [Fact]
    public void InOrder_CompressedFileOfNumPy_GivesTheSameImages()
    {
        var plain = NpzFile.Open(_folder.Write("a.npz", Convert.FromBase64String(SmallNpz.Saved)));
        var packed = NpzFile.Open(_folder.Write("b.npz", Convert.FromBase64String(SmallNpz.SavedCompressed)));
        var images = packed.InOrder();

        Assert.Equal(plain.Labels, packed.Labels);
        Assert.Equal(Image(plain.AnyOrder(), plain.ImageSize, 0), Image(images, plain.ImageSize, 0));
        Assert.Equal(Image(plain.AnyOrder(), plain.ImageSize, 1), Image(images, plain.ImageSize, 1));
    }

    [Fact]
    public void AnyOrder_CompressedFile_SaysHowToConvertIt()
    {
        var npz = NpzFile.Open(_folder.Write("b.npz", Convert.FromBase64String(SmallNpz.SavedCompressed)));

        Assert.Contains("afa data convert", Assert.Throws<InvalidDataException>(npz.AnyOrder).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_TwoArraysOfOneName_AreRefused()
    {
        var images = SmallNpz.Npy("|u1", "(1, 1, 1)", [7]);

        AssertRefused(SmallNpz.Zip(false, ("image.npy", images), ("label.npy", SmallNpz.Npy("|u1", "(1,)", [0])), ("image.npy", images)), "two entries 'image.npy'");
    }

    [Fact]
    public void Open_ControlCharactersInNamesAndTypes_DoNotReachTheMessage()
    {
        AssertRefused(SmallNpz.Zip(false, ("\u001b[2Jx.npy", [1])), "it has '?[2Jx'");
        AssertRefused(With(label: SmallNpz.Npy("<\u001b[2J", "(2,)", new byte[8])), "not '<?[2J'");
        AssertRefused(With(label: SmallNpz.Npy("O\u001b[2J", "(2,)", new byte[8])), "dtype 'O?[2J'");
    }

    [Fact]
    public void Open_PickledObjects_AreRefused() => AssertRefused(Convert.FromBase64String(SmallNpz.SavedObjects), "pickled Python objects");

    [Theory]
    [InlineData("|u1", 1, new byte[] { 200, 3 }, new[] { 200, 3 })]
    [InlineData("|i1", 1, new byte[] { 4, 3 }, new[] { 4, 3 })]
    [InlineData(">i2", 2, new byte[] { 0, 4, 0, 3 }, new[] { 4, 3 })]
    [InlineData("<u2", 2, new byte[] { 4, 0, 3, 0 }, new[] { 4, 3 })]
    [InlineData("<i4", 4, new byte[] { 4, 0, 0, 0, 3, 0, 0, 0 }, new[] { 4, 3 })]
    [InlineData(">u4", 4, new byte[] { 0, 0, 0, 4, 0, 0, 0, 3 }, new[] { 4, 3 })]
    [InlineData("<u8", 8, new byte[] { 4, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0 }, new[] { 4, 3 })]
    public void Open_AnyIntegerType_ReadsLabels(string type, int size, byte[] values, int[] expected)
    {
        Assert.Equal(2 * size, values.Length);
        Assert.Equal(expected.Select(label => (byte)label), NpzFile.Open(_folder.Write("a.npz", With(label: SmallNpz.Npy(type, "(2,)", values)))).Labels);
    }

    [Theory]
    [InlineData("<f4", "(2,)", 8, "must hold integers, not '<f4'")]
    [InlineData("|u1", "(3,)", 3, "must have the shape [2], one for each image, not [3]")]
    [InlineData("|u1", "(2, 1)", 2, "must have the shape [2]")]
    [InlineData("|u1", "(2,)", 3, "bytes for its shape")]
    public void Open_BadLabels_SaysWhatIsWrong(string type, string shape, int length, string reason) =>
        AssertRefused(With(label: SmallNpz.Npy(type, shape, new byte[length])), reason);

    [Theory]
    [InlineData("<i8", new byte[] { 255, 255, 255, 255, 255, 255, 255, 255, 3, 0, 0, 0, 0, 0, 0, 0 }, "label 0 must be in [0, 255], not -1")]
    [InlineData("<i2", new byte[] { 3, 0, 0, 1 }, "label 1 must be in [0, 255], not 256")]
    public void Open_LabelOutOfRange_NamesIt(string type, byte[] values, string reason) => AssertRefused(With(label: SmallNpz.Npy(type, "(2,)", values)), reason);

    [Theory]
    [InlineData("<f4", "(2, 1, 2, 3)", 48, "must be uint8")]
    [InlineData("|u1", "(2, 12)", 24, "must be uint8 [image, height, width, channel]")]
    [InlineData("|u1", "(2, 1, 6, 2)", 24, "1 or 3 channels")]
    [InlineData("|u1", "(2, 1, 2, 3)", 13, "must have")]
    [InlineData("|u1", "(99999999999999999999, 1, 2, 3)", 12, "a shape that cannot be right")]
    [InlineData("|u1", "(2000000000, 4096, 4096, 3)", 12, "must have")]
    public void Open_BadImages_SaysWhatIsWrong(string type, string shape, int length, string reason) =>
        AssertRefused(With(image: SmallNpz.Npy(type, shape, new byte[length])), reason);

    [Fact]
    public void Open_WithoutLabels_ListsTheArrays() =>
        AssertRefused(SmallNpz.Zip(false, ("image.npy", SmallNpz.Npy("|u1", "(2, 1, 2, 3)", new byte[12])), ("y.npy", [1])), "must have the arrays 'image' and 'label'; it has 'image', 'y'");

    [Fact]
    public void Open_FortranOrder_IsRefused()
    {
        var array = SmallNpz.Npy("|u1", "(2, 1, 2, 3)", new byte[12]);
        var text = System.Text.Encoding.Latin1.GetString(array).Replace("False, ", "True,  ", StringComparison.Ordinal);

        AssertRefused(With(image: System.Text.Encoding.Latin1.GetBytes(text)), "Fortran order");
    }

    [Fact]
    public void Open_NoZipFile_IsRefused() => AssertRefused(new byte[1000], "is no .npz file");

    [Fact]
    public void InOrder_DamagedPixel_IsFoundAfterTheLastImage()
    {
        var content = Convert.FromBase64String(SmallNpz.Saved);
        content[content.AsSpan().IndexOf(new byte[] { 10, 11, 12, 13 })] ^= 1;
        var npz = NpzFile.Open(_folder.Write("a.npz", content));
        var images = npz.InOrder();

        Image(images, npz.ImageSize, 0);
        Assert.Contains("is damaged", Assert.Throws<InvalidDataException>(() => Image(images, npz.ImageSize, 1)).Message, StringComparison.Ordinal);
    }

    private static byte[] With(byte[]? image = null, byte[]? label = null) => SmallNpz.Zip(
        isPacked: false,
        ("image.npy", image ?? SmallNpz.Npy("|u1", "(2, 1, 2, 3)", new byte[12])),
        ("label.npy", label ?? SmallNpz.Npy("|u1", "(2,)", new byte[2])));

    private static byte[] Image(PixelRows rows, int size, int index)
    {
        var image = new byte[size];
        rows.Read(index, image);
        return image;
    }

    private void AssertRefused(byte[] content, string reason)
    {
        var path = _folder.Write("a.npz", content);
        var exception = Assert.Throws<InvalidDataException>(() => NpzFile.Open(path));
        Assert.StartsWith(path, exception.Message, StringComparison.Ordinal);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }
}
