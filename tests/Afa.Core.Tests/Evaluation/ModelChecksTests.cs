using Afa.Attacks;
using Afa.Evaluation;
using Afa.Models;
using Afa.Tests.Attacks;
using Afa.Tests.Golden;
using Afa.Training;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Evaluation;

public class ModelChecksTests
{
    [Fact]
    public void Inspect_TrainedSmallCnn_IsSilent()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        using var frozen = new FrozenWeights(model, training: false);
        Assert.Empty(ModelChecks.Inspect(model, GoldenFile.TradesStep.Get("x"), GoldenFile.TradesStep.Get("labels")));
        Assert.Empty(ModelChecks.Inspect(model, zeros(0, 1, 28, 28), zeros(0, ScalarType.Int64)));
    }

    [Fact]
    public void Inspect_LogitsWithNoise_NamesTheAttackThatAverages()
    {
        using var generator = new Generator(4);
        Assert.Contains("autoattack-rand", Warning(logits => logits + 0.01 * empty_like(logits).normal_(0, 1, generator)), StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_Probabilities_AsksForLogits() => Assert.Contains("before the softmax", Warning(logits => logits.softmax(1)), StringComparison.Ordinal);

    [Fact]
    public void Inspect_GradientWithinTheForwardPass_CallsItAnUpperBound() =>
        Assert.Contains("upper bound", Warning(logits => logits + 0.1 * InputGradient.Of(values => values.square().sum(), logits)), StringComparison.Ordinal);

    [Fact]
    public void OnZeroGradients_None_IsSilent() => Assert.Null(ModelChecks.OnZeroGradients(0));

    [Fact]
    public void OnZeroGradients_Some_CountsThem() => Assert.Contains("at 3 points", ModelChecks.OnZeroGradients(3), StringComparison.Ordinal);

    [Theory]
    [InlineData(0.5, 0.5)]
    [InlineData(0.5, 0.4981)]
    [InlineData(0.5, 0.6)]
    public void OnSquare_NoMoreThanAFifthOfAPoint_IsSilent(double before, double after) => Assert.Null(ModelChecks.OnSquare(before, after));

    [Fact]
    public void OnSquare_More_SaysHowMuch() => Assert.Contains("another 1.5 points", ModelChecks.OnSquare(0.5, 0.485), StringComparison.Ordinal);

    private static string Warning(Func<Tensor, Tensor> change)
    {
        using var scope = NewDisposeScope();
        using ImageClassifier model = LinearClassifier.Random(classes: 4, pixels: 36, seed: 1, change);
        var input = AttackSubject.Random(model, 8, AttackNorm.Linf, 0.1, seed: 2);
        return Assert.Single(ModelChecks.Inspect(model, input.Images, input.Labels));
    }
}
