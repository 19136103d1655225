using System.Runtime.InteropServices;
using Afa.Models;
using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>Which images a model gets wrong.</summary>
internal static class Misclassification
{
    /// <summary>Asks the model about a few images at a time.</summary>
    /// <param name="model">In evaluation mode.</param>
    /// <param name="images">[batch, channel, height, width].</param>
    /// <param name="labels">[batch], int64.</param>
    /// <param name="batchSize">How many images the model gets at a time.</param>
    /// <returns>One for each image.</returns>
    public static bool[] Of(ImageClassifier model, Tensor images, Tensor labels, int batchSize)
    {
        using var noGradients = no_grad();
        var isWrong = new List<bool>();
        for (var start = 0L; start < images.shape[0]; start += batchSize)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(batchSize, images.shape[0] - start);
            var predictions = model.call(images.narrow(0, start, count)).argmax(1);
            isWrong.AddRange(MemoryMarshal.Cast<byte, bool>(predictions.ne(labels.narrow(0, start, count)).cpu().bytes).ToArray());
        }

        return [.. isWrong];
    }
}
