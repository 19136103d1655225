using Afa.Losses;
using Afa.Tests.Golden;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Losses;

public class MartLossTests
{
    [Fact]
    public void Compute_Beta6_MatchesTheAuthorsCode() =>
        LossCase.Check("mart", [("logits_clean", "in.logits_clean"), ("logits_adv", "in.logits_adv")], logits => MartLoss.Compute(logits[0], logits[1], Labels(), beta: 6, divisor: 16));

    [Fact]
    public void Compute_TwoImages_MatchesTheValueWorkedByHand()
    {
        // Adversarial probabilities (1/2, 1/4, 1/4) and clean ones (3/4, 1/8, 1/8). For label 0 the rival has 1/4, for label 1 it has 1/2.
        using var scope = NewDisposeScope();
        var adversarial = tensor(new double[,] { { 2, 1, 1 }, { 2, 1, 1 } }).log();
        var clean = tensor(new double[,] { { 6, 1, 1 }, { 6, 1, 1 } }).log();

        var loss = MartLoss.Compute(clean, adversarial, tensor([0L, 1L]), beta: 2, divisor: 4);

        var boosted = -Math.Log(1.0 / 2) - Math.Log(1 - 1.0 / 4) - Math.Log(1.0 / 4) - Math.Log(1 - 1.0 / 2);
        var divergence = 0.75 * Math.Log(1.5) + 0.25 * Math.Log(0.5);
        var expected = (boosted + 2 * divergence * (1 - 0.75 + 1 - 0.125)) / 4;
        Assert.Equal(expected, loss.item<double>(), 1e-3);   // The code's 1.0001 in place of 1 moves the second logarithms by up to 2e-4.
    }

    [Fact]
    public void Compute_CertainPredictions_StaysFinite()
    {
        using var scope = NewDisposeScope();
        var clean = tensor(new float[,] { { 500, 0 }, { 0, 500 } }).requires_grad_();
        var adversarial = tensor(new float[,] { { 0, 500 }, { 0, 500 } }).requires_grad_();

        var loss = MartLoss.Compute(clean, adversarial, tensor([0L, 0L]), beta: 6, divisor: 2);
        loss.backward();

        Assert.True(double.IsFinite(loss.item<float>()));
        Assert.True(clean.grad!.isfinite().all().item<bool>() && adversarial.grad!.isfinite().all().item<bool>());
    }

    [Fact]
    public void Compute_FiniteDifferences_AgreeWithTheGradients()
    {
        using var scope = NewDisposeScope();
        var clean = GoldenFile.Losses.Get("in.logits_clean", ScalarType.Float64)[..3];
        var adversarial = GoldenFile.Losses.Get("in.logits_adv", ScalarType.Float64)[..3];
        var labels = Labels()[..3];

        LossCase.CheckFiniteDifferences(x => MartLoss.Compute(x, adversarial, labels, 6, 3), clean);
        LossCase.CheckFiniteDifferences(x => MartLoss.Compute(clean, x, labels, 6, 3), adversarial);
    }

    [Fact]
    public void Compute_ShapesThatDoNotFit_AreRefused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => MartLoss.Compute(ones(2, 3), ones(2, 4), zeros(2, dtype: ScalarType.Int64), 6, 2));
        Assert.Throws<ArgumentException>(() => MartLoss.Compute(ones(2, 3), ones(2, 3), zeros(3, dtype: ScalarType.Int64), 6, 2));
        Assert.Throws<ArgumentException>(() => MartLoss.Compute(ones(2, 1), ones(2, 1), zeros(2, dtype: ScalarType.Int64), 6, 2));
    }

    private static Tensor Labels() => GoldenFile.Losses.Get("in.labels");
}
