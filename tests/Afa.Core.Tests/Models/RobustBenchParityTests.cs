using Xunit;
using Afa.Models;
using static TorchSharp.torch;

namespace Afa.Tests.Models;

/// <summary>The official RobustBench classes (commit 78fcc9e), filled by a rule that makes every tensor matter, gave these logits.</summary>
/// <remarks>
/// Made with torch 1.13.1 in evaluation mode; the fill and the input are those of <see cref="Fill"/> and <see cref="Input"/>. Entries count in the
/// order of PyTorch's state dictionary, in which a layer's buffers follow its own parameters.
/// </remarks>
public class RobustBenchParityTests
{
    private static readonly double[] s_resNet =
        [-2.727149, -0.633294, -1.966592, -2.299819, -5.862981, 14.695672, 15.440452, 0.785143, 6.216526, -0.727659];

    private static readonly double[] s_preActResNet =
        [-1.181747, 13.375839, -2.664908, -13.162585, -25.730555, 15.422477, 8.098854, 12.971469, 35.103725, -0.978493];

    [Theory]
    [InlineData("resnet-18", 11_173_962)]
    [InlineData("preact-resnet-18", 11_171_146)]
    public void Logits_OfTheFilledNetwork_EqualTheReference(string name, long parameters)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var model = ModelRegistry.Create(new ModelOptions { Name = name, Channels = 3, Height = 32, Width = 32 }, seed: 0);
        Fill(model);
        model.eval();

        var logits = model.call(Input()).to(ScalarType.Float64).data<double>().ToArray();

        Assert.Equal(model.state_dict().Keys.Order(), InPyTorchOrder(model).Select(entry => entry.Name).Order());
        Assert.Equal(parameters, model.parameters().Sum(parameter => parameter.numel()));
        foreach (var (expected, actual) in (name == "resnet-18" ? s_resNet : s_preActResNet).Zip(logits))
        {
            Assert.Equal(expected, actual, tolerance: 1e-4);   // float32; the reference's own differs from float64 by 7e-6, and the folded norms add as much
        }
    }

    [Fact]
    public void WideResNet28x10_HasTheNamesAndTheSizeOfTrades()
    {
        using var scope = NewDisposeScope();
        using var model = ModelRegistry.Create(new ModelOptions { Name = "wide-resnet", Depth = 28, WidthFactor = 10, Channels = 3, Height = 32, Width = 32 }, seed: 0);

        var shapes = model.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.shape);

        Assert.Equal(36_479_194, model.parameters().Sum(parameter => parameter.numel()));
        Assert.Equal(155, shapes.Count);
        Assert.Equal([16, 3, 3, 3], shapes["conv1.weight"]);
        Assert.Equal([160, 16, 1, 1], shapes["block1.layer.0.convShortcut.weight"]);
        Assert.Equal([640, 640, 3, 3], shapes["block3.layer.3.conv2.weight"]);
        Assert.Equal([640], shapes["bn1.running_var"]);
        Assert.Equal([10, 640], shapes["fc.weight"]);
    }

    private static void Fill(ImageClassifier model)
    {
        using var scope = NewDisposeScope();
        uint position = 0;
        foreach (var (name, value) in InPyTorchOrder(model))
        {
            if (!name.EndsWith("num_batches_tracked", StringComparison.Ordinal))
            {
                var (offset, scale) = Range(name, value.shape);
                var values = new float[value.numel()];
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = (float)(offset + scale * Hash((uint)i, position));
                }

                value.copy_(tensor(values, value.shape));
            }

            position++;
        }
    }

    /// <summary>TorchSharp lists a module's parameters before its buffers, also those of its children; PyTorch goes layer by layer.</summary>
    private static IEnumerable<(string Name, Tensor Value)> InPyTorchOrder(nn.Module module)
    {
        var children = module.named_children().ToList();
        return children.Count == 0
            ? module.state_dict().Select(entry => (entry.Key, entry.Value))
            : children.SelectMany(child => InPyTorchOrder(child.module).Select(entry => ($"{child.name}.{entry.Name}", entry.Value)));
    }

    private static (double Offset, double Scale) Range(string name, long[] shape) => shape.Length switch
    {
        4 => (0, Math.Sqrt(6.0 / (shape[1] * shape[2] * shape[3]))),
        2 => (0, Math.Sqrt(3.0 / shape[1])),
        _ => name.EndsWith("weight", StringComparison.Ordinal) || name.EndsWith("running_var", StringComparison.Ordinal) ? (1, 0.2) : (0, 0.1),
    };

    /// <summary>A number in [-1, 1) from an element's index and its tensor's position.</summary>
    private static double Hash(uint index, uint position)
    {
        unchecked
        {
            var v = index * 2654435761u + position * 40503u + 12345u;
            v ^= v >> 16;
            v *= 0x45d9f3b;
            v ^= v >> 16;
            v *= 0x45d9f3b;
            v ^= v >> 16;
            return v / 4294967296.0 * 2 - 1;
        }
    }

    private static Tensor Input()
    {
        var pixels = Enumerable.Range(0, 3 * 32 * 32).Select(j => (float)(0.5 + 0.5 * Math.Sin(0.013 * j))).ToArray();
        return tensor(pixels, [1, 3, 32, 32]);
    }
}
