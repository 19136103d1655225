using System.Globalization;
using Afa.Attacks;
using Afa.Models;
using static TorchSharp.torch;

namespace Afa.Evaluation;

/// <summary>Signs that an evaluation overestimates robustness: those that AutoAttack warns of (Croce and Hein 2020, arXiv:2003.01690).</summary>
public static class ModelChecks
{
    private const int MostImages = 64;
    private const int Forwards = 5;
    private const double RandomTolerance = 1e-4;
    private const double ProbabilityTolerance = 1e-5;
    private const double SquareTolerance = 0.002;

    /// <summary>Looks at a model's output on at most 64 of the images.</summary>
    /// <param name="model">In evaluation mode.</param>
    /// <param name="images">[batch, channel, height, width], pixels in [0, 1].</param>
    /// <param name="labels">[batch], int64.</param>
    /// <returns>Sentences for the user; none if there is nothing to warn of.</returns>
    /// <remarks>The authors take 250 images. Gradients within the forward pass are seen if the model computes them by <see cref="InputGradient"/>.</remarks>
    public static IReadOnlyList<string> Inspect(ImageClassifier model, Tensor images, Tensor labels)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var count = Math.Min(MostImages, images.shape[0]);
        if (count == 0)
        {
            return [];
        }

        var gradients = InputGradient.ComputedOnThread;
        var logits = Enumerable.Range(0, Forwards).Select(_ => model.call(images.narrow(0, 0, count))).ToList();
        var warnings = new List<string>();
        if (IsRandom(logits, labels.narrow(0, 0, count)))
        {
            warnings.Add("The model gives different logits for the same images, so single gradients and predictions say little: evaluate it with autoattack-rand, which averages over them.");
        }

        if (AreProbabilities(logits[0]))
        {
            warnings.Add("The model seems to return probabilities instead of logits, which flattens the gradients that attacks follow and makes it look more robust than it is: return the values before the softmax.");
        }

        if (InputGradient.ComputedOnThread > gradients)
        {
            warnings.Add("The model computes gradients within its forward pass, as a defense that optimizes at test time does, and attacks do not see through that: robust accuracy is an upper bound. Evaluate it with an attack made for it, and without the defense.");
        }

        return warnings;
    }

    /// <summary>Judges the count of samples whose gradient was all zero where an attack started.</summary>
    /// <returns>A sentence for the user; null if there is nothing to warn of.</returns>
    public static string? OnZeroGradients(int zeroGradients) => zeroGradients == 0
        ? null
        : $"The gradient was zero at {zeroGradients} point{(zeroGradients == 1 ? "" : "s")} where an attack started on an image, so gradient-based attacks could not move: robust accuracy may be too high. Add square or a transfer attack, and check the model for saturated or rounded activations.";

    /// <summary>Judges what the Square attack, which needs no gradients, broke after all other attacks had failed.</summary>
    /// <param name="accuracyBefore">Robust accuracy under the other attacks, in [0, 1].</param>
    /// <param name="accuracyAfter">Robust accuracy with Square.</param>
    /// <returns>A sentence for the user if it fell by more than 0.2 points; else null.</returns>
    public static string? OnSquare(double accuracyBefore, double accuracyAfter) => accuracyBefore - accuracyAfter <= SquareTolerance
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"The square attack lowered the robust accuracy by another {100 * (accuracyBefore - accuracyAfter):0.0} points after the attacks with gradients, a sign that gradients are masked: the true value may be lower still. Evaluate with more attacks, such as autoattack-plus, or one made for the model.");

    /// <summary>Compares logits of unit length, so that their scale does not matter, and counts of right predictions.</summary>
    private static bool IsRandom(List<Tensor> logits, Tensor labels)
    {
        var right = logits.Select(values => values.argmax(1).eq(labels).sum().item<long>()).Distinct().Count();
        var directions = logits.Select(values => values / (linalg.vector_norm(values, 2, [1], keepdim: true) + 1e-10)).ToList();
        return right > 1 || directions.Skip(1).Any(values => linalg.vector_norm(values - directions[0], 2, [1]).max().to(ScalarType.Float64).item<double>() > RandomTolerance);
    }

    private static bool AreProbabilities(Tensor logits) =>
        logits.min().to(ScalarType.Float64).item<double>() > -ProbabilityTolerance
        && logits.max().to(ScalarType.Float64).item<double>() < 1 + ProbabilityTolerance
        && (logits.sum(1) - 1).abs().max().to(ScalarType.Float64).item<double>() < ProbabilityTolerance;
}
