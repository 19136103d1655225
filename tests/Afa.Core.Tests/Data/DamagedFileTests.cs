using Afa.Data;
using Xunit;

namespace Afa.Tests.Data;

/// <summary>Whatever a file holds, it loads or is refused with <see cref="InvalidDataException"/>.</summary>
public class DamagedFileTests
{
    private const int Mutations = 400;

    [Fact]
    public void ReadImages_MutatedPlainFiles_LoadOrAreRefused() =>
        AssertLoadsOrRefuses(DataFolder.Idx(251, 5, 4, 5), path => IdxReader.ReadImages(path, 4, 5, 5));

    [Fact]
    public void ReadImages_MutatedGzipFiles_LoadOrAreRefused() =>
        AssertLoadsOrRefuses(DataFolder.Gzip(DataFolder.Idx(251, 5, 4, 5)), path => IdxReader.ReadImages(path, 4, 5, 5));

    [Fact]
    public void ReadLabels_MutatedGzipFiles_LoadOrAreRefused() =>
        AssertLoadsOrRefuses(DataFolder.Gzip(DataFolder.Idx(10, 40)), path => IdxReader.ReadLabels(path, 10, 60));

    [Fact]
    public void ReadCifar_MutatedFiles_LoadOrAreRefused() =>
        AssertLoadsOrRefuses(DataFolder.Cifar(2), path => CifarReader.Read(path, 1, 3072, 10, 3).Pixels);

    private static void AssertLoadsOrRefuses(byte[] original, Func<string, byte[]> read)
    {
        using var folder = new DataFolder();
        var draws = new Random(1);
        var refused = 0;
        for (var i = 0; i < Mutations; i++)
        {
            var path = folder.Write("file", Mutate(original, draws));
            try
            {
                Assert.NotEmpty(read(path));
            }
            catch (InvalidDataException exception)
            {
                Assert.Contains(path, exception.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.InRange(refused, Mutations / 4, Mutations);
    }

    private static byte[] Mutate(byte[] original, Random draws)
    {
        var content = original.ToList();
        for (var change = draws.Next(1, 4); change > 0; change--)
        {
            var position = draws.Next(Math.Min(content.Count, draws.Next(2) == 0 ? 20 : int.MaxValue));
            switch (draws.Next(4))
            {
                case 0:
                    content[position] ^= (byte)(1 << draws.Next(8));
                    break;
                case 1:
                    content[position] = (byte)draws.Next(256);
                    break;
                case 2:
                    content.RemoveRange(position, Math.Min(draws.Next(1, 50), content.Count - position - 1));
                    break;
                default:
                    content.InsertRange(position, new byte[draws.Next(1, 50)]);
                    break;
            }
        }

        return [.. content];
    }
}
