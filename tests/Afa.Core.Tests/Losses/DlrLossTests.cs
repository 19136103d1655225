using Afa.Losses;
using Afa.Tests.Golden;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Losses;

public class DlrLossTests
{
    [Fact]
    public void Untargeted_RandomLogits_MatchesTheAuthorsCode() => Check("dlr", logits => DlrLoss.Untargeted(logits, Labels()));

    [Fact]
    public void Targeted_RandomLogits_MatchesTheAuthorsCode() =>
        Check("dlr_targeted", logits => DlrLoss.Targeted(logits, Labels(), GoldenFile.Losses.Get("in.target_labels")));

    [Fact]
    public void Untargeted_FourClasses_MatchesTheValueWorkedByHand()
    {
        // Sorted: 7, 4, 2, 1. Label ahead: −(7 − 4) / (7 − 2); label behind: −(1 − 7) / (7 − 2).
        using var scope = NewDisposeScope();
        var logits = tensor(new double[,] { { 4, 7, 1, 2 }, { 4, 7, 1, 2 } });

        var loss = DlrLoss.Untargeted(logits, tensor(new long[] { 1, 2 }));

        TensorAssert.Close(tensor([-0.6, 1.2]), loss, 1e-12);
    }

    [Fact]
    public void Targeted_FourClasses_MatchesTheValueWorkedByHand()
    {
        // −(7 − 4) / (7 − (2 + 1) / 2).
        using var scope = NewDisposeScope();
        var logits = tensor(new double[,] { { 4, 7, 1, 2 } });

        var loss = DlrLoss.Targeted(logits, tensor([1L]), tensor([0L]));

        TensorAssert.Close(tensor([-3 / 5.5]), loss, 1e-12);
    }

    [Fact]
    public void BothForms_LogitsScaledAndShifted_StayTheSame()
    {
        using var scope = NewDisposeScope();
        var logits = GoldenFile.Losses.Get("in.logits_adv", ScalarType.Float64);
        var targets = GoldenFile.Losses.Get("in.target_labels");

        TensorAssert.Close(DlrLoss.Untargeted(logits, Labels()), DlrLoss.Untargeted(logits * 1000 - 7, Labels()), 1e-9);
        TensorAssert.Close(DlrLoss.Targeted(logits, Labels(), targets), DlrLoss.Targeted(logits * 1000 - 7, Labels(), targets), 1e-9);
    }

    [Fact]
    public void BothForms_FiniteDifferences_AgreeWithTheGradients()
    {
        using var scope = NewDisposeScope();
        var logits = GoldenFile.Losses.Get("in.logits_adv", ScalarType.Float64)[..4];
        var targets = GoldenFile.Losses.Get("in.target_labels")[..4];

        LossCase.CheckFiniteDifferences(x => DlrLoss.Untargeted(x, Labels()[..4]).sum(), logits);
        LossCase.CheckFiniteDifferences(x => DlrLoss.Targeted(x, Labels()[..4], targets).sum(), logits);
    }

    [Fact]
    public void BothForms_AllLogitsEqual_StayFinite()
    {
        using var scope = NewDisposeScope();
        var logits = ones(2, 5).requires_grad_();
        var labels = zeros(2, dtype: ScalarType.Int64);

        var loss = DlrLoss.Untargeted(logits, labels) + DlrLoss.Targeted(logits, labels, labels + 1);
        loss.sum().backward();

        TensorAssert.Close(zeros(2), loss, 0);
        Assert.True(logits.grad!.isfinite().all().item<bool>());
    }

    [Fact]
    public void BothForms_TooFewClasses_AreRefused()
    {
        using var scope = NewDisposeScope();
        var labels = zeros(2, dtype: ScalarType.Int64);

        Assert.Contains("at least 3 classes", Assert.Throws<ArgumentException>(() => DlrLoss.Untargeted(ones(2, 2), labels)).Message, StringComparison.Ordinal);
        Assert.Contains("at least 4 classes", Assert.Throws<ArgumentException>(() => DlrLoss.Targeted(ones(2, 3), labels, labels)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BothForms_ShapesThatDoNotFit_AreRefused()
    {
        using var scope = NewDisposeScope();
        var labels = zeros(2, dtype: ScalarType.Int64);

        Assert.Throws<ArgumentException>(() => DlrLoss.Untargeted(ones(5), labels));
        Assert.Throws<ArgumentException>(() => DlrLoss.Untargeted(ones(3, 5), labels));
        Assert.Throws<ArgumentException>(() => DlrLoss.Targeted(ones(2, 5), labels, zeros(3, dtype: ScalarType.Int64)));
    }

    private static Tensor Labels() => GoldenFile.Losses.Get("in.labels");

    /// <summary>Values of each sample, and gradients of their sum.</summary>
    private static void Check(string name, Func<Tensor, Tensor> compute)
    {
        foreach (var type in LossCase.Types)
        {
            using var scope = NewDisposeScope();
            var logits = GoldenFile.Losses.Get("in.logits_adv", type).requires_grad_();

            var loss = compute(logits);
            loss.sum().backward();

            // Float32: what the reference itself loses to rounding, 1.1e-6, with a margin; float64: another order of summation.
            Assert.Equal(type, loss.dtype);
            TensorAssert.Close(GoldenFile.Losses.Get($"{name}.value"), loss, type == ScalarType.Float64 ? 1e-10 : 5e-6);
            TensorAssert.Close(GoldenFile.Losses.Get($"{name}.grad.logits_adv"), logits.grad!, type == ScalarType.Float64 ? 1e-10 : 2e-6);
        }
    }
}
