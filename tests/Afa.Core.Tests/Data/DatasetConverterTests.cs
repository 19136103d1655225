using Afa.Data;
using Afa.Training;
using Xunit;

namespace Afa.Tests.Data;

public sealed class DatasetConverterTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public DatasetConverterTests()
    {
        for (var file = 1; file <= 5; file++)
        {
            _folder.Write($"cifar/data_batch_{file}.bin", DataFolder.Cifar(20));
        }

        _folder.Write("cifar/test_batch.bin", DataFolder.Cifar(30));
    }

    private string Cifar => Path.Combine(_folder.Path, "cifar");

    private string Target => Path.Combine(_folder.Path, "target");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Convert_Cifar_LoadsAsTheSameDataset()
    {
        DatasetConverter.Convert("cifar-10", Cifar, Target, new ConversionOptions());

        foreach (var split in Enum.GetValues<DataSplit>())
        {
            AssertSame(DatasetLoader.Load("cifar-10", split, Cifar), DatasetLoader.Load(Target, split));
        }

        var (before, after) = (DatasetRegistry.Get("cifar-10"), DatasetRegistry.Get(Target));
        Assert.Equal((before.Name, before.Title, before.RecommendedEpsilon), (after.Name, after.Title, after.RecommendedEpsilon));
        Assert.Equal(before.ClassNames, after.ClassNames);
        Assert.Equal(before.ChannelMean, after.ChannelMean);
        Assert.Equal(before.ChannelStd, after.ChannelStd);
    }

    [Fact]
    public void Convert_Shards_HoldThePlanAndKeepSampleIds()
    {
        var splits = DatasetConverter.Convert("cifar-10", Cifar, Target, new ConversionOptions { Shards = 3, Plan = ShardPlanKind.Dirichlet, Seed = 5 });

        var original = DatasetLoader.Load("cifar-10", DataSplit.Train, Cifar);
        var plan = ShardPlan.Create(original.Labels.Span, 3, ShardPlanKind.Dirichlet, 5);
        var converted = DatasetLoader.Load(Target, DataSplit.Train);
        Assert.Equal(plan.SelectMany(shard => shard), converted.SampleIds.ToArray());
        Assert.Equal(plan.Select(shard => shard.Length), converted.FileSizes);
        Assert.Equal(plan.Select(shard => shard.Length), splits[0].FileSizes);
        AssertSame(original.Subset(converted.SampleIds.Span), converted);
        Assert.Equal(3, Directory.GetFiles(Target, "train-*-of-0003.afad").Length);
        Assert.Single(splits[1].FileSizes);
    }

    [Fact]
    public void Convert_TrainedAsStored_GivesEachShardItsFile()
    {
        DatasetConverter.Convert("cifar-10", Cifar, Target, new ConversionOptions { Shards = 2, Plan = ShardPlanKind.RoundRobin });
        var options = new TrainingOptions { Dataset = Target, TrainImages = 0, Shards = 2, Trainers = 2, BatchSize = 20, ShardPlan = ShardPlanKind.Stored };
        var dataset = DatasetLoader.Load(Target, DataSplit.Train);

        var (stored, dealt) = (new TrainingShard(dataset, options, 1), new TrainingShard(
            DatasetLoader.Load("cifar-10", DataSplit.Train, Cifar), options with { Dataset = "cifar-10", ShardPlan = ShardPlanKind.RoundRobin }, 1));

        Assert.Equal(dealt.Batch(1, 2, 10).SampleIds, stored.Batch(1, 2, 10).SampleIds);
        Assert.Equal(dealt.Batch(1, 2, 10).Pixels, stored.Batch(1, 2, 10).Pixels);
        Assert.Contains("has 2 training files here", Assert.Throws<ArgumentException>(() => new TrainingShard(dataset, options with { Shards = 4 }, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Convert_ConvertedDataset_CanBeDividedAnew()
    {
        DatasetConverter.Convert("cifar-10", Cifar, Target, new ConversionOptions());
        DatasetConverter.Convert(Target, null, Target + "2", new ConversionOptions { Shards = 4 });

        Assert.Equal(Enumerable.Range(0, 100), DatasetLoader.Load(Target + "2", DataSplit.Train).SampleIds.ToArray().Order());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Convert_Npz_GivesGeneratedImages(bool isPacked)
    {
        var npz = _folder.Write("g.npz", SmallNpz.Create(40, 32, 32, isPacked: isPacked));

        DatasetConverter.Convert(npz, null, Target, new ConversionOptions());

        var generated = GeneratedImages.Open(Target, DatasetRegistry.Get("cifar-10"));
        var batch = generated.Select([39, 2]);
        Assert.Equal(40, generated.Count);
        Assert.Equal([9, 2], batch.Labels);
        Assert.Equal([.. SmallNpz.Planes(39, 32, 32), .. SmallNpz.Planes(2, 32, 32)], batch.Pixels);
    }

    [Theory]
    [InlineData(255)]
    [InlineData(256)]
    public void Convert_AsManyClassesAsBytes_LoadsWithAllOfThem(int classes)
    {
        var npz = _folder.Write("g.npz", SmallNpz.Create(300, 2, 2, classes));

        DatasetConverter.Convert(npz, null, Target, new ConversionOptions());

        var dataset = DatasetLoader.Load(Target, DataSplit.Train);
        Assert.Equal(classes, dataset.Description.Classes);
        Assert.Equal(classes - 1, dataset.Labels.ToArray().Max());
        Assert.Equal(300, GeneratedImages.Open(npz, dataset.Description).Count);
    }

    [Fact]
    public void Convert_ImagesWithSize_BringsAllToIt()
    {
        _folder.Write("images/train/a/1.png", ImagesOnDisk.Png(8, 16, 10, 20, 30));
        _folder.Write("images/train/b/1.png", ImagesOnDisk.Png(5, 5, 40, 50, 60));
        var images = Path.Combine(_folder.Path, "images");

        DatasetConverter.Convert(images, null, Target, new ConversionOptions { Size = 4 });

        var dataset = DatasetLoader.Load(Target, DataSplit.Train);
        Assert.Equal((3, 4, 4), (dataset.Description.Channels, dataset.Description.Height, dataset.Description.Width));
        Assert.All(dataset.Select([0]).Pixels[..16], pixel => Assert.Equal(10, pixel));
        Assert.All(dataset.Select([1]).Pixels[^16..], pixel => Assert.Equal(60, pixel));
        Assert.Throws<DatasetNotFoundException>(() => DatasetLoader.Load(Target, DataSplit.Test));
    }

    [Fact]
    public void Convert_DamagedSource_LeavesNothingBehind()
    {
        _folder.Write("images/a/1.png", ImagesOnDisk.Png(4, 4, 1, 2, 3));
        _folder.Write("images/a/2.png", [1, 2, 3]);

        Assert.Throws<InvalidDataException>(() => DatasetConverter.Convert(Path.Combine(_folder.Path, "images"), null, Target, new ConversionOptions()));

        Assert.Equal(["cifar", "images"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Convert_Cancelled_LeavesNothingBehind()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();

        Assert.Throws<OperationCanceledException>(() => DatasetConverter.Convert("cifar-10", Cifar, Target, new ConversionOptions(), null, cancellation.Token));

        Assert.Equal(["cifar"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void ConvertAndVerify_Cancelled_StopBeforeTheNextImage()
    {
        // The first image gives the size; reading the second would be another error.
        _folder.Write("images/a/1.png", ImagesOnDisk.Png(4, 4, 1, 2, 3));
        _folder.Write("images/a/2.png", [1, 2, 3]);
        var images = Path.Combine(_folder.Path, "images");
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();

        Assert.Throws<OperationCanceledException>(() => DatasetConverter.Convert(images, null, Target, new ConversionOptions(), null, cancellation.Token));
        Assert.Throws<OperationCanceledException>(() => DatasetVerification.Verify(images, DataSplit.Train, null, null, cancellation.Token));
    }

    [Fact]
    public void Convert_TargetExists_IsRefused()
    {
        Directory.CreateDirectory(Target);

        Assert.Contains("exists already", Assert.Throws<IOException>(() => DatasetConverter.Convert("cifar-10", Cifar, Target, new ConversionOptions())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Convert_SizeOfADatasetWithAName_IsRefused() =>
        Assert.Contains("only the images of a folder", Assert.Throws<ArgumentException>(() => DatasetConverter.Convert("cifar-10", Cifar, Target, new ConversionOptions { Size = 16 })).Message, StringComparison.Ordinal);

    [Fact]
    public void Convert_Progress_EndsWithAllImages()
    {
        var last = default(ConversionProgress);
        DatasetConverter.Convert("cifar-10", Cifar, Target, new ConversionOptions(), new Immediate(value => last = value));

        Assert.Equal(new ConversionProgress(DataSplit.Test, 130, 130), last);
    }

    [Fact]
    public void Load_ShardMissing_SaysWhichWasNeeded()
    {
        DatasetConverter.Convert("cifar-10", Cifar, Target, new ConversionOptions { Shards = 3 });
        File.Delete(Path.Combine(Target, "train-0001-of-0003.afad"));

        Assert.Contains("All of them", Assert.Throws<InvalidDataException>(() => DatasetLoader.Load(Target, DataSplit.Train)).Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Verify_DamagedPixel_IsFound()
    {
        DatasetConverter.Convert("cifar-10", Cifar, Target, new ConversionOptions());
        Assert.Equal(100, DatasetVerification.Verify(Target, DataSplit.Train).Count);
        var path = Path.Combine(Target, "train.afad");
        var content = File.ReadAllBytes(path);
        content[^1] ^= 1;
        File.WriteAllBytes(path, content);

        Assert.Contains("do not have the checksum", Assert.Throws<InvalidDataException>(() => DatasetVerification.Verify(Target, DataSplit.Train)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_Npz_CountsItsClasses()
    {
        var npz = _folder.Write("g.npz", SmallNpz.Create(40, 4, 4, classes: 3, isPacked: true));

        Assert.Equal([DataSplit.Train], DatasetVerification.Splits(npz));
        var report = DatasetVerification.Verify(npz, DataSplit.Train);
        Assert.Equal([14, 13, 13], report.ClassCounts);
        Assert.True(report.IsComplete);
    }

    private static void AssertSame(ImageDataset expected, ImageDataset actual)
    {
        int[] all = [.. Enumerable.Range(0, expected.Count)];
        Assert.Equal(expected.Split, actual.Split);
        Assert.Equal(expected.Labels.ToArray(), actual.Labels.ToArray());
        Assert.Equal(expected.SampleIds.ToArray(), actual.SampleIds.ToArray());
        Assert.Equal(expected.Select(all).Pixels, actual.Select(all).Pixels);
    }

    private sealed class Immediate(Action<ConversionProgress> report) : IProgress<ConversionProgress>
    {
        public void Report(ConversionProgress value) => report(value);
    }
}
