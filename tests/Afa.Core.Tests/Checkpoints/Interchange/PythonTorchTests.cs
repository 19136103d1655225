using Afa.Checkpoints.Interchange;
using Afa.Data;
using Afa.Models;
using Afa.Tests.Golden;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Checkpoints.Interchange;

/// <summary>The oracle is PyTorch itself.</summary>
public sealed class PythonTorchTests(PythonTorch python) : IClassFixture<PythonTorch>
{
    /// <summary>Float32 convolutions of two libraries, logits of up to 20.</summary>
    private const double Tolerance = 1e-5;

    [Theory]
    [InlineData("pt.bin")]
    [InlineData("safetensors.bin")]
    public void Export_LoadedStrictlyIntoPyTorch_GivesTheSameLogits(string logits)
    {
        python.Require();
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();

        TensorAssert.Close(Logits(model), python.Logits(logits), Tolerance);
    }

    [Fact]
    public void Import_FileOfTorchSave_GivesTheSameLogits()
    {
        python.Require();
        using var scope = NewDisposeScope();
        var weights = ForeignWeights.Read(File.ReadAllBytes(python.PathOf("saved.pth")), "saved.pth");
        using var model = ModelRegistry.Create(ImportedModel.Choose(weights, DatasetRegistry.Get("fashion-mnist")).Options, seed: 0);
        model.LoadWeights(weights.Tensors.ToDictionary(entry => entry.Key, entry => entry.Value.ToTensor()));

        TensorAssert.Close(python.Logits("saved.bin"), Logits(model), Tolerance);
    }

    private static Tensor Logits(ImageClassifier model)
    {
        using var noGradients = no_grad();
        model.eval();
        return model.call(PythonTorch.ExampleImages());
    }
}
