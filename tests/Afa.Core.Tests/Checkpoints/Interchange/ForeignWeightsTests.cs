using System.Runtime.InteropServices;
using Afa.Checkpoints;
using Afa.Checkpoints.Interchange;
using Afa.Checkpoints.PyTorch;
using Afa.Data;
using Afa.Models;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Checkpoints.Interchange;

public sealed class ForeignWeightsTests
{
    private static readonly DatasetDescription _cifar = DatasetRegistry.Get("cifar-10");

    [Theory]
    [InlineData("")]
    [InlineData("module.")]
    [InlineData("model.")]
    [InlineData("module.model.")]
    public void Read_PrefixedNames_AreBare(string prefix)
    {
        var weights = Read(new() { [prefix + "conv1.weight"] = Floats(1), ["other"] = Floats(2) });

        Assert.Equal(["conv1.weight", "other"], weights.Tensors.Keys.Order());
    }

    [Fact]
    public void Read_NameWithAndWithoutPrefix_IsRefused() =>
        Assert.Throws<InvalidDataException>(() => Read(new() { ["module.a"] = Floats(1), ["a"] = Floats(2) }));

    [Fact]
    public void Read_OtherFloatingPointTypes_BecomeFloat32()
    {
        var weights = Read(new()
        {
            ["double"] = new(ScalarType.Float64, [2], MemoryMarshal.AsBytes<double>([1.5, -1e300]).ToArray()),
            ["half"] = new(ScalarType.Float16, [2], MemoryMarshal.AsBytes<Half>([(Half)0.1, Half.NegativeInfinity]).ToArray()),
            ["bfloat16"] = new(ScalarType.BFloat16, [2], new byte[] { 0x49, 0x40, 0x80, 0x7f }),   // 3.140625 and infinity
            ["count"] = new(ScalarType.Int64, [], new byte[8]),
        });

        Assert.Equal([1.5f, float.NegativeInfinity], Values(weights.Tensors["double"]));
        Assert.Equal([0.099975586f, float.NegativeInfinity], Values(weights.Tensors["half"]));
        Assert.Equal([3.140625f, float.PositiveInfinity], Values(weights.Tensors["bfloat16"]));
        Assert.Equal(ScalarType.Int64, weights.Tensors["count"].ElementType);
        Assert.Contains("Converted 1 tensors from Float16 to Float32.", weights.Findings);
    }

    [Fact]
    public void Read_BatchCounts_AreCompletedAndOthersDropped()
    {
        var weights = Read(new() { ["bn1.running_mean"] = Floats(1), ["gone.num_batches_tracked"] = new(ScalarType.Int64, [], new byte[8]) });

        Assert.Equal(["bn1.num_batches_tracked", "bn1.running_mean"], weights.Tensors.Keys.Order());
        Assert.Empty(weights.Tensors["bn1.num_batches_tracked"].Shape);
    }

    [Theory]
    [InlineData("mean", "std", new long[] { 3 })]
    [InlineData("mu", "sigma", new long[] { 1, 3, 1, 1 })]
    [InlineData("module.mu", "module.sigma", new long[] { 3, 1, 1 })]
    public void Read_NormalizationBuffers_BecomeTheModels(string mean, string deviation, long[] shape)
    {
        var weights = Read(new() { [mean] = Floats(shape, 0.5f, 0.25f, 0.125f), [deviation] = Floats(shape, 1, 2, 4), ["conv1.weight"] = Floats(1) });

        Assert.Equal(["conv1.weight"], weights.Tensors.Keys);
        var chosen = ImportedModel.Choose(weights, _cifar, "resnet-18").Options;
        Assert.Equal([0.5, 0.25, 0.125], chosen.Mean);
        Assert.Equal([1.0, 2, 4], chosen.StandardDeviation);
    }

    [Fact]
    public void Read_HalfOfANormalization_IsRefused()
    {
        Assert.Throws<InvalidDataException>(() => Read(new() { ["mu"] = Floats(1) }));
        Assert.Throws<InvalidDataException>(() => Read(new() { ["mu"] = Floats([2, 2], 1, 2, 3, 4), ["sigma"] = Floats(1) }));
    }

    [Fact]
    public void Read_TradesWideResNet_LosesItsUnusedBlock()
    {
        var file = NetworkFamilyTests.Reference("wrn28_10_trades").ToDictionary(entry => "module." + entry.Key, entry => new TensorRecord(ScalarType.Byte, entry.Value.Shape, entry.Value.Data));
        file["module.sub_block1.layer.0.conv1.weight"] = Floats(1);

        var weights = Read(file);

        Assert.DoesNotContain(weights.Tensors.Keys, name => name.StartsWith("sub_block1", StringComparison.Ordinal));
        Assert.Equal(("wide-resnet", 10.0, 28), (weights.Model!.Name, weights.Model.WidthFactor, weights.Model.Depth));
    }

    [Fact]
    public void Read_Rubbish_SaysWhatItIsNot()
    {
        Assert.Contains("neither a safetensors file nor", Refused([1, 2, 3]));
        Assert.Contains("before version 1.6", Refused([0x80, 2, 0x8a, 10]));
        Assert.Contains("no parts such as 'net'", Assert.Throws<InvalidDataException>(() => ForeignWeights.Read(Safetensors.Write(new Dictionary<string, TensorRecord>()), "file", "net")).Message);
    }

    [Fact]
    public async Task Load_NothingThereOrADevice_IsRefused()
    {
        var folder = Path.GetTempPath();
        Assert.Contains("is a folder", (await Assert.ThrowsAsync<FileNotFoundException>(() => ForeignWeights.LoadAsync(folder, cancellationToken: TestContext.Current.CancellationToken))).Message);
        Assert.SkipUnless(File.Exists("/dev/zero"), "There is no /dev/zero on this system.");
        await Assert.ThrowsAsync<InvalidDataException>(() => ForeignWeights.LoadAsync("/dev/zero", cancellationToken: TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(".safetensors")]
    [InlineData(".pt")]
    public void Read_OwnExport_KnowsItsModel(string extension)
    {
        var model = new ModelOptions { Name = "wide-resnet", Depth = 16, WidthFactor = 2, Channels = 3, Height = 32, Width = 32, Mean = [0.1, 0.2, 0.3], StandardDeviation = [1, 2, 3] };
        var file = WeightsExport.Write(extension, NetworkFamilyTests.Weights(model), model);

        var chosen = ImportedModel.Choose(ForeignWeights.Read(file, "file"), _cifar).Options;

        Assert.Equal(("wide-resnet", 16, 2.0), (chosen.Name, chosen.Depth, chosen.WidthFactor));
        Assert.Equal(model.Mean, chosen.Mean);
        Assert.Equal(model.StandardDeviation, chosen.StandardDeviation);
    }

    [Theory]
    [InlineData("wide-resnet", 64, 16)]
    [InlineData("wide-resnet", 2, 202)]
    [InlineData("wide-resnet", 2, 4)]
    [InlineData("wide-resnet", double.MaxValue, 16)]
    [InlineData("resnet-18", 2, 16)]
    [InlineData("small-cnn", 64, 16)]
    public void Read_ExportThatStatesAnotherSizeThanItsWeightsHave_IsRefused(string name, double width, int depth)
    {
        var model = new ModelOptions { Name = "wide-resnet", Depth = 16, WidthFactor = 2, Channels = 3, Height = 32, Width = 32 };
        var file = WeightsExport.Write(".pt", NetworkFamilyTests.Weights(model), model with { Name = name, WidthFactor = width, Depth = depth });

        Assert.Contains("says that its network is", Refused(file));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"name": null}""")]
    [InlineData("""{"name": "a-network-of-tomorrow"}""")]
    [InlineData("""{"depths": 3}""")]
    public void Read_UnreadableModelOfAnExport_IsToldFromTheWeights(string json)
    {
        var file = PyTorchFile.Write(new Dictionary<string, TensorRecord> { ["a"] = Floats(1) }, new Dictionary<string, string> { [ForeignWeights.ModelKey] = json });

        var weights = ForeignWeights.Read(file, "file");

        Assert.Null(weights.Model);
        Assert.False(weights.SaysNormalization);
        Assert.Contains(weights.Findings, finding => finding.Contains("another version", StringComparison.Ordinal));
    }

    [Fact]
    public void Choose_NoWordOnNormalization_TakesPixelsAsTheyAreUnlessAsked()
    {
        var weights = Read(new() { ["a"] = Floats(1) });

        Assert.Null(ImportedModel.Choose(weights, _cifar, "resnet-18").Options.Mean);
        Assert.Equal(_cifar.ChannelMean, ImportedModel.Choose(weights, _cifar, "resnet-18", normalization: ImportNormalization.Dataset).Options.Mean);
        Assert.Throws<ArgumentException>(() => ImportedModel.Choose(weights, DatasetRegistry.Get("mnist"), "small-cnn", normalization: ImportNormalization.Dataset));
    }

    [Fact]
    public void Choose_StatedNormalization_CanBeTurnedOff()
    {
        var weights = Read(new() { ["mean"] = Floats(1, 1, 1), ["std"] = Floats(1, 1, 1) });

        Assert.Null(ImportedModel.Choose(weights, _cifar, "resnet-18", normalization: ImportNormalization.None).Options.Mean);
    }

    [Fact]
    public void Choose_NothingToTellTheNetwork_AsksForIt()
    {
        var error = Assert.Throws<ArgumentException>(() => ImportedModel.Choose(Read(new() { ["strange.weight"] = Floats(1) }), _cifar));

        Assert.Contains("'strange.weight'", error.Message);
        Assert.Contains("resnet-18", error.Message);
    }

    [Fact]
    public void Choose_NumbersOfTheUser_Count()
    {
        var chosen = ImportedModel.Choose(Read(new() { ["a"] = Floats(1) }), _cifar, "wide-resnet", width: 4, depth: 40).Options;

        Assert.Equal((4.0, 40, 3, 32, 10), (chosen.WidthFactor, chosen.Depth, chosen.Channels, chosen.Height, chosen.Classes));
    }

    [Fact]
    public void Choose_OtherNameThanTold_KeepsTheNumbersOfTheFile()
    {
        var model = new ModelOptions { Name = "resnet-18", WidthFactor = 0.25 };
        var file = WeightsExport.Write(".pt", NetworkFamilyTests.Weights(model), model);

        var chosen = ImportedModel.Choose(ForeignWeights.Read(file, "file"), _cifar, "preact-resnet-18").Options;

        Assert.Equal(("preact-resnet-18", 0.25), (chosen.Name, chosen.WidthFactor));
    }

    [Fact]
    public void Choose_ShortNameAndActivation_SayWhatTheyStandFor()
    {
        var chosen = ImportedModel.Choose(Read(new() { ["a"] = Floats(1) }), _cifar, "dm-wrn-34-2", activation: Activation.Silu).Options;

        Assert.Equal(("dm-wide-resnet", 34, 2.0, Activation.Silu), (chosen.Name, chosen.Depth, chosen.WidthFactor, chosen.Activation));
        Assert.Equal(_cifar.ChannelMean, chosen.Mean);
    }

    [Fact]
    public void Choose_ShortName_KeepsWhatElseTheFileTells()
    {
        var model = new ModelOptions { Name = "wide-resnet", Depth = 10, NormalizationLayer = NormalizationLayer.Group, HeadFeatures = HeadFeatures.Unit };
        var file = WeightsExport.Write(".pt", NetworkFamilyTests.Weights(model), model);

        var chosen = ImportedModel.Choose(ForeignWeights.Read(file, "file"), _cifar, "wrn-16-4", width: 0.5).Options;

        Assert.Equal(("wide-resnet", 16, 2.0), (chosen.Name, chosen.Depth, chosen.WidthFactor));
        Assert.Equal((NormalizationLayer.Group, HeadFeatures.Unit), (chosen.NormalizationLayer, chosen.HeadFeatures));
    }

    [Theory]
    [InlineData(".safetensors")]
    [InlineData(".pt")]
    public void Read_ExportOfANetworkWithAuxiliaryBatchNorms_IsOneWithout(string extension)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        var options = new ModelOptions { Name = "resnet-18", WidthFactor = 0.125, Channels = 3, Height = 32, Width = 32, AuxiliaryNormalization = true };
        using var model = ModelRegistry.Create(options, seed: 1);
        using var plain = ModelRegistry.Create(options with { AuxiliaryNormalization = false }, seed: 1);

        var file = ForeignWeights.Read(WeightsExport.Write(extension, model.state_dict().ToDictionary(entry => entry.Key, entry => TensorRecord.FromTensor(entry.Value)), options), "file");

        Assert.Equal(plain.state_dict().Keys.Order(), file.Tensors.Keys.Order());
        Assert.False(ImportedModel.Choose(file, _cifar).Options.AuxiliaryNormalization);
    }

    private static ForeignWeights Read(Dictionary<string, TensorRecord> tensors) => ForeignWeights.Read(PyTorchFile.Write(tensors), "file");

    private static string Refused(byte[] file) => Assert.Throws<InvalidDataException>(() => ForeignWeights.Read(file, "file")).Message;

    private static TensorRecord Floats(params float[] values) => Floats([values.Length], values);

    private static TensorRecord Floats(long[] shape, params float[] values) => new(ScalarType.Float32, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    private static float[] Values(TensorRecord record) => MemoryMarshal.Cast<byte, float>(record.Data.Span).ToArray();
}
