using System.Text.Json;
using Afa.Checkpoints;
using Afa.Checkpoints.Interchange;
using Afa.Models;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Checkpoints.Interchange;

/// <summary>The names and shapes in Golden/models-keys.json are those of RobustBench's own classes.</summary>
public sealed class NetworkFamilyTests
{
    [Theory]
    [InlineData("resnet18", "resnet-18", 1)]
    [InlineData("preactresnet18", "preact-resnet-18", 1)]
    [InlineData("preactresnet18_bnfc", "preact-resnet-18-final-norm", 1)]
    [InlineData("wrn28_10_trades", "wide-resnet", 10)]
    [InlineData("dm_wrn28_10_swish", "dm-wide-resnet", 10)]
    [InlineData("dm_preactresnet18_swish", "dm-preact-resnet-18", 1)]
    public void Tell_WeightsOfRobustBench_NamesTheNetwork(string reference, string expected, double width)
    {
        var told = NetworkFamily.Tell(Reference(reference))!;

        Assert.Equal((expected, width, 28, 10, 3), (told.Name, told.WidthFactor, told.Depth, told.Classes, told.Channels));
        Assert.Equal(NormalizationLayer.Batch, told.NormalizationLayer);
        Assert.Equal(reference.EndsWith("swish", StringComparison.Ordinal) ? Activation.Silu : Activation.Relu, told.Activation);
    }

    public static TheoryData<string> Models => [.. ModelRegistry.Names];

    [Theory]
    [MemberData(nameof(Models))]
    public void Tell_WeightsOfAnOwnNetwork_BuildsTheSameShapes(string name)
    {
        // A width at which each layer is rounded for itself.
        var options = new ModelOptions { Name = name, WidthFactor = 0.3, Depth = 16, Classes = 7, Channels = 2, Height = 32, Width = 32, NormalizationLayer = NormalizationLayer.Group };
        var weights = Weights(options);

        var told = NetworkFamily.Tell(weights);

        var same = Weights(told! with { Height = 32, Width = 32 });
        Assert.Equal(weights.ToDictionary(entry => entry.Key, entry => string.Join("x", entry.Value.Shape)), same.ToDictionary(entry => entry.Key, entry => string.Join("x", entry.Value.Shape)));
    }

    [Theory]
    [InlineData("small-cnn", "fc2.weight")]
    [InlineData("resnet-18", "linear.weight")]
    [InlineData("preact-resnet-18", "linear.weight")]
    [InlineData("wide-resnet", "fc.weight")]
    public void Tell_WideHeadOnANarrowNetwork_IsNull(string name, string head)
    {
        // A head alone is small, but a network as wide as it would take gigabytes.
        var weights = Weights(new ModelOptions { Name = name, WidthFactor = 0.25, Depth = 16, Channels = 3, Height = 32, Width = 32 });
        Assert.NotNull(NetworkFamily.Tell(weights));

        weights[head] = Named((head, [10, 32768]))[head];

        Assert.Null(NetworkFamily.Tell(weights));
    }

    [Fact]
    public void Tell_ManyBlocksInTheFirstStageOnly_IsNull()
    {
        var weights = Weights(new ModelOptions { Name = "wide-resnet", Depth = 16, Channels = 3, Height = 32, Width = 32 });
        for (var block = 2; block < 33; block++)
        {
            weights[$"block1.layer.{block}.conv1.weight"] = weights["block1.layer.1.conv1.weight"];
        }

        Assert.Null(NetworkFamily.Tell(weights));
    }

    [Fact]
    public void Tell_UnknownWeights_IsNull()
    {
        Assert.Null(NetworkFamily.Tell(new Dictionary<string, TensorRecord>()));
        Assert.Null(NetworkFamily.Tell(Named(("conv1.weight", [64, 3, 7, 7]), ("bn1.weight", [64]), ("fc.weight", [1000, 512]))));   // as in torchvision
        Assert.Null(NetworkFamily.Tell(Named(("conv1.weight", [3]), ("block1.layer.0.conv1.weight", [3]), ("fc.weight", [3]))));     // right names, wrong shapes
    }

    internal static Dictionary<string, TensorRecord> Reference(string model)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", "models-keys.json")));
        return Named([.. document.RootElement.GetProperty(model).EnumerateArray().Select(entry => (
            entry.GetProperty("name").GetString()!, entry.GetProperty("shape").EnumerateArray().Select(length => length.GetInt64()).ToArray()))]);
    }

    /// <summary>Tensors of one byte for each element: only names and shapes count.</summary>
    private static Dictionary<string, TensorRecord> Named(params (string Name, long[] Shape)[] tensors) =>
        tensors.ToDictionary(tensor => tensor.Name, tensor => new TensorRecord(ScalarType.Byte, tensor.Shape, new byte[tensor.Shape.Aggregate(1L, (product, length) => product * length)]));

    internal static Dictionary<string, TensorRecord> Weights(ModelOptions options)
    {
        using var scope = NewDisposeScope();
        using var model = ModelRegistry.Create(options, seed: 0);
        return model.state_dict().ToDictionary(entry => entry.Key, entry => TensorRecord.FromTensor(entry.Value));
    }
}
