using Afa.Losses;
using Afa.Tests.Golden;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Losses;

public class TradesLossTests
{
    private static readonly (string, string)[] Both = [("logits_clean", "in.logits_clean"), ("logits_adv", "in.logits_adv")];
    private static readonly (string, string)[] Clean = [("logits_clean", "in.logits_clean")];
    private static readonly (string, string)[] Adversarial = [("logits_adv", "in.logits_adv")];

    [Fact]
    public void Compute_Beta6_MatchesTheAuthorsCode() =>
        LossCase.Check("trades_attached", Both, logits => TradesLoss.Compute(logits[0], logits[1], Labels(), beta: 6, labelSmoothing: 0, divisor: 16));

    [Fact]
    public void Compute_TargetDetached_MatchesTheAuthorsCodeWithThatChange() =>
        LossCase.Check("trades_detached", Both, logits => TradesLoss.Compute(logits[0], logits[1], Labels(), 6, labelSmoothing: 0, divisor: 16, TradesTarget.Detached));

    [Theory]
    [InlineData("ce", 0)]
    [InlineData("ce_ls01", 0.1)]
    public void Compute_Beta0_IsTheCrossEntropyOfPyTorch(string name, double labelSmoothing) =>
        LossCase.Check(name, Clean, logits => TradesLoss.Compute(logits[0], logits[0].detach(), Labels(), beta: 0, labelSmoothing, divisor: 16));

    [Fact]
    public void KlDivergence_DividedByTheBatch_MatchesPyTorch() =>
        LossCase.Check("kl_batchmean", Both, logits => TradesLoss.KlDivergence(logits[0], logits[1]) / 16);

    [Fact]
    public void KlDivergence_CleanLogitsConstant_MatchesTheAttackOfTheAuthorsCode() =>
        LossCase.Check("kl_sum_inner", Adversarial, logits =>
            TradesLoss.KlDivergence(GoldenFile.Losses.Get("in.logits_clean", logits[0].dtype), logits[0]));

    [Fact]
    public void KlDivergence_TwoClasses_MatchesTheValueWorkedByHand()
    {
        // Probabilities (3/4, 1/4) and (1/2, 1/2): 3/4 log(3/2) + 1/4 log(1/2).
        using var scope = NewDisposeScope();
        var clean = tensor(new double[,] { { Math.Log(3), 0 } });

        var divergence = TradesLoss.KlDivergence(clean, zeros(1, 2, dtype: ScalarType.Float64));

        Assert.Equal(0.75 * Math.Log(1.5) + 0.25 * Math.Log(0.5), divergence.item<double>(), 1e-12);
    }

    [Fact]
    public void KlDivergence_CertainPredictions_StaysFinite()
    {
        using var scope = NewDisposeScope();
        var clean = tensor(new float[,] { { 500, 0 }, { 0, 500 } }).requires_grad_();
        var adversarial = tensor(new float[,] { { 0, 500 }, { 0, 500 } }).requires_grad_();

        var divergence = TradesLoss.KlDivergence(clean, adversarial);
        divergence.backward();

        Assert.Equal(500, divergence.item<float>(), 1e-3);   // One row: log 1 - (-500); the other: 0.
        Assert.True(clean.grad!.isfinite().all().item<bool>() && adversarial.grad!.isfinite().all().item<bool>());
    }

    [Fact]
    public void Compute_FiniteDifferences_AgreeWithTheGradients()
    {
        using var scope = NewDisposeScope();
        var clean = GoldenFile.Losses.Get("in.logits_clean", ScalarType.Float64)[..3];
        var adversarial = GoldenFile.Losses.Get("in.logits_adv", ScalarType.Float64)[..3];
        var labels = Labels()[..3];

        LossCase.CheckFiniteDifferences(x => TradesLoss.Compute(x, adversarial, labels, 6, 0.1, 3), clean);
        LossCase.CheckFiniteDifferences(x => TradesLoss.Compute(clean, x, labels, 6, 0.1, 3), adversarial);
    }

    [Fact]
    public void KlDivergence_ShapesThatDoNotFit_AreRefused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => TradesLoss.KlDivergence(ones(2, 3), ones(2, 4)));
        Assert.Throws<ArgumentException>(() => TradesLoss.KlDivergence(ones(2), ones(2)));
    }

    private static Tensor Labels() => GoldenFile.Losses.Get("in.labels");
}
