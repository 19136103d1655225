using Afa.Models;
using static TorchSharp.torch;

namespace Afa.Tests.Golden;

/// <summary>A small-cnn with the stored adversarially trained weights.</summary>
internal static class GoldenSmallCnn
{
    /// <summary>The caller owns the model.</summary>
    public static ImageClassifier Create()
    {
        using var scope = NewDisposeScope();
        var model = ModelRegistry.Create(new ModelOptions(), seed: 0);
        model.LoadWeights(model.state_dict().Keys.ToDictionary(key => key, GoldenFile.SmallCnn.Get));
        return model;
    }
}
