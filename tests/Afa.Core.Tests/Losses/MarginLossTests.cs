using Afa.Losses;
using Afa.Tests.Golden;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Losses;

public class MarginLossTests
{
    [Fact]
    public void Compute_RandomLogits_MatchesTheReference()
    {
        foreach (var type in LossCase.Types)
        {
            using var scope = NewDisposeScope();
            var logits = GoldenFile.Losses.Get("in.logits_adv", type).requires_grad_();

            var loss = MarginLoss.Compute(logits, Labels());
            loss.sum().backward();

            Assert.Equal(type, loss.dtype);
            TensorAssert.Close(GoldenFile.Losses.Get("cw_margin.value"), loss, type == ScalarType.Float64 ? 1e-10 : 2e-6);
            TensorAssert.Close(GoldenFile.Losses.Get("cw_margin.grad.logits_adv"), logits.grad!, type == ScalarType.Float64 ? 1e-10 : 2e-6);
        }
    }

    [Fact]
    public void Compute_ClampedAtZero_IsTheLossOfDmImprovesAt() => LossCase.Check(
        "cw_dm_clamped", [("logits_adv", "in.logits_adv")], inputs => MarginLoss.Compute(inputs[0], Labels()).clamp(max: 0).sum());

    [Fact]
    public void Compute_MisclassifiedImage_StillHasAGradient()
    {
        using var scope = NewDisposeScope();
        var logits = tensor(new double[,] { { 4, 7, 1 }, { 4, 7, 1 } }).requires_grad_();

        var loss = MarginLoss.Compute(logits, tensor([1L, 2L]));
        loss.sum().backward();

        TensorAssert.Close(tensor([-3.0, 6.0]), loss, 0);
        TensorAssert.Close(tensor(new double[,] { { 1, -1, 0 }, { 0, 1, -1 } }), logits.grad!, 0);
    }

    [Fact]
    public void Compute_FiniteDifferences_AgreeWithTheGradient()
    {
        using var scope = NewDisposeScope();
        LossCase.CheckFiniteDifferences(x => MarginLoss.Compute(x, Labels()[..4]).sum(), GoldenFile.Losses.Get("in.logits_adv", ScalarType.Float64)[..4]);
    }

    [Fact]
    public void Compute_OneClassOrShapesThatDoNotFit_AreRefused()
    {
        using var scope = NewDisposeScope();
        var labels = zeros(2, dtype: ScalarType.Int64);

        Assert.Contains("at least 2 classes", Assert.Throws<ArgumentException>(() => MarginLoss.Compute(ones(2, 1), labels)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => MarginLoss.Compute(ones(3, 5), labels));
        Assert.Throws<ArgumentException>(() => MarginLoss.Compute(ones(2), labels));
    }

    private static Tensor Labels() => GoldenFile.Losses.Get("in.labels");
}
