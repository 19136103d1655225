using Afa.Losses;
using Afa.Tests.Golden;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Losses;

public class MarginLossTests
{
    [Fact]
    public void PerSample_RandomLogits_MatchesTheStoredValues()
    {
        foreach (var type in LossCase.Types)
        {
            using var scope = NewDisposeScope();
            var logits = GoldenFile.Losses.Get("in.logits_adv", type).requires_grad_();

            var loss = MarginLoss.PerSample(logits, Labels());
            loss.sum().backward();

            TensorAssert.Close(GoldenFile.Losses.Get("cw_margin.value"), loss, type == ScalarType.Float64 ? 1e-12 : 2e-6);
            TensorAssert.Close(GoldenFile.Losses.Get("cw_margin.grad.logits_adv"), logits.grad!, 0);
        }
    }

    [Fact]
    public void PerSample_ClampedAtZero_MatchesTheLossOfAnAttackThatStops() =>
        LossCase.Check("cw_dm_clamped", [("logits_adv", "in.logits_adv")], logits => MarginLoss.PerSample(logits[0], Labels()).clamp(max: 0).sum());

    [Fact]
    public void PerSample_LabelAheadAndBehind_MatchesTheValueWorkedByHand()
    {
        using var scope = NewDisposeScope();
        var loss = MarginLoss.PerSample(tensor(new double[,] { { 4, 7, 1 }, { 4, 7, 1 } }), tensor([1L, 2L]));
        TensorAssert.Close(tensor([-3.0, 6.0]), loss, 0);
    }

    [Fact]
    public void PerSample_OneClass_IsRefused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => MarginLoss.PerSample(ones(2, 1), zeros(2, dtype: ScalarType.Int64)));
    }

    private static Tensor Labels() => GoldenFile.Losses.Get("in.labels");
}
