using Afa.Data;
using Xunit;

namespace Afa.Tests.Data;

public class DatasetVerificationTests
{
    [Theory]
    [InlineData(DataSplit.Train, 6000)]
    [InlineData(DataSplit.Test, 1000)]
    public void Verify_FashionMnist_IsComplete(DataSplit split, int imagesPerClass)
    {
        var report = DatasetVerification.Verify("fashion-mnist", split, FashionMnist.RequireFolder());

        Assert.True(report.IsComplete);
        Assert.Equal(Enumerable.Repeat(imagesPerClass, 10), report.ClassCounts);
        Assert.All(report.Files, file => Assert.Equal(ChecksumResult.Official, file.Checksum));
    }

    [Fact]
    public void Verify_ChangedFiles_SaysDifferent()
    {
        using var folder = new DataFolder();
        folder.Write("t10k-images-idx3-ubyte", DataFolder.Idx(251, 3, 28, 28));
        folder.Write("t10k-labels-idx1-ubyte", DataFolder.Idx(10, 3));

        var report = DatasetVerification.Verify("mnist", DataSplit.Test, folder.Path);

        Assert.False(report.IsComplete);
        Assert.Equal((3, 10_000), (report.Count, report.OfficialCount));
        Assert.Equal([1, 1, 1, 0, 0, 0, 0, 0, 0, 0], report.ClassCounts);
        Assert.All(report.Files, file => Assert.Equal(ChecksumResult.Different, file.Checksum));
    }

    [Fact]
    public void Verify_CifarSubset_HasNoPublishedChecksum()
    {
        using var folder = new DataFolder();
        folder.Write("test_batch.bin", DataFolder.Cifar(20));

        var report = DatasetVerification.Verify("cifar-10", DataSplit.Test, folder.Path);

        Assert.False(report.IsComplete);
        Assert.Equal(ChecksumResult.NotPublished, Assert.Single(report.Files).Checksum);
    }
}
