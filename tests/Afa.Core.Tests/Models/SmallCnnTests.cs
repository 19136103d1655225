using Afa.Data;
using Afa.Models;
using Afa.Tests.Data;
using Afa.Tests.Golden;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Models;

public class SmallCnnTests
{
    [Fact]
    public void StateDictionary_HasPyTorchsNamesAndShapes()
    {
        using var scope = NewDisposeScope();
        using var model = ModelRegistry.Create(new ModelOptions(), seed: 0);

        var shapes = model.state_dict().Select(entry => $"{entry.Key} [{string.Join(",", entry.Value.shape)}]");

        Assert.Equal(
            [
                "conv1.weight [32,1,3,3]", "conv1.bias [32]", "conv2.weight [32,32,3,3]", "conv2.bias [32]",
                "conv3.weight [64,32,3,3]", "conv3.bias [64]", "conv4.weight [64,64,3,3]", "conv4.bias [64]",
                "fc1.weight [128,3136]", "fc1.bias [128]", "fc2.weight [10,128]", "fc2.bias [10]",
            ],
            shapes);
    }

    [Fact]
    public void LogitsAndFeatures_OfTheStoredNetwork_EqualTheReference()
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var model = GoldenSmallCnn.Create();
        var images = FashionMnist.Load(DataSplit.Test).Select(Enumerable.Range(0, 64).ToArray()).ToTensor(CPU);

        // float32, other kernels: about 2e-6 here.
        TensorAssert.Close(GoldenFile.SmallCnn.Get("test.logits_first64"), model.call(images), tolerance: 1e-5);
        TensorAssert.Close(GoldenFile.SmallCnn.Get("test.features_first64"), model.Features(images), tolerance: 1e-5);
    }

    [Fact]
    public void Gradients_InTraining_AreTheSameBitsTwice()
    {
        using var scope = NewDisposeScope();
        using var model = ModelRegistry.Create(new ModelOptions(), seed: 0);
        var images = rand([8, 1, 28, 28], generator: new Generator(1));

        byte[][] Gradients()
        {
            model.zero_grad();
            model.call(images).square().sum().backward();
            return [.. model.parameters().Select(parameter => parameter.grad!.contiguous().bytes.ToArray())];
        }

        Assert.Equal(Gradients(), Gradients());
    }

    [Fact]
    public void Attack_OnFrozenWeights_LeavesNoTensorAlive()
    {
        using var scope = NewDisposeScope();
        using var model = ModelRegistry.Create(new ModelOptions(), seed: 0);
        var images = rand([4, 1, 28, 28], generator: new Generator(1));
        foreach (var parameter in model.parameters())
        {
            parameter.requires_grad = false;
        }

        void Step()
        {
            using var step = NewDisposeScope();
            var x = images.detach().requires_grad_();
            autograd.grad([model.call(x).sum()], [x]);
        }

        Step();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 20; i++)
        {
            Step();
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Forward_OnRowsOfALargerBatch_IsThatOfTheRows()
    {
        using var scope = NewDisposeScope();
        using var model = ModelRegistry.Create(new ModelOptions { WidthFactor = 0.25 }, seed: 1);
        var images = rand([5, 1, 28, 28], ScalarType.Float32);

        TensorAssert.Close(model.call(images)[3..], model.call(images.narrow(0, 3, 2)), 1e-5);
    }
}
