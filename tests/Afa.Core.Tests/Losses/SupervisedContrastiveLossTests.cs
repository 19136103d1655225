using Afa.Losses;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Tests.Losses;

public class SupervisedContrastiveLossTests
{
    [Fact]
    public void PerAnchor_TwoAlignedAndOneOrthogonalRow_MatchesTheValueWorkedByHand()
    {
        // Rows 0 and 1 share a class and a direction; row 2 is orthogonal and has no positive.
        // τ = 1: rows 0 and 1 each give -log(e¹ / (e¹ + e⁰)) = log(1 + e⁻¹), row 2 gives 0.
        using var scope = NewDisposeScope();
        var features = tensor(new double[,] { { 1, 0 }, { 1, 0 }, { 0, 1 } });

        var perAnchor = AgainstItself(features, tensor(new long[] { 0, 0, 1 }), 1);

        var expected = Math.Log(1 + Math.Exp(-1));
        Assert.Equal(expected, perAnchor[0].item<double>(), 1e-12);
        Assert.Equal(expected, perAnchor[1].item<double>(), 1e-12);
        Assert.Equal(0, perAnchor[2].item<double>());
    }

    [Fact]
    public void PerAnchor_ContrastOfItsOwn_MatchesTheValueWorkedByHand()
    {
        // One anchor, similarities 1, 0 and -1, τ = 0.5, so 2, 0 and -2; the first two are positives: log(e² + e⁰ + e⁻²) - (2 + 0) / 2.
        using var scope = NewDisposeScope();
        var anchor = tensor(new double[,] { { 1, 0 } });
        var contrast = tensor(new double[,] { { 1, 0 }, { 0, 1 }, { -1, 0 } });
        var positives = tensor(new[,] { { true, true, false } });

        var perAnchor = SupervisedContrastiveLoss.PerAnchor(anchor, contrast, positives, self: null, 0.5);

        Assert.Equal(Math.Log(Math.Exp(2) + 1 + Math.Exp(-2)) - 1, perAnchor.item<double>(), 1e-12);
    }

    [Theory]
    [InlineData("main")]
    [InlineData("single")]
    [InlineData("allsame")]
    [InlineData("alldiff")]
    [InlineData("two")]
    [InlineData("one")]
    public void Compute_TwoViews_MatchesTheAuthorsCode(string set)
    {
        LossCase.Check($"supcon.{set}.all", [("clean", $"feat.{set}.clean"), ("adv", $"feat.{set}.adv")], views =>
        {
            using var labels = Golden.GoldenFile.Losses.Get($"feat.{set}.labels");
            return SupervisedContrastiveLoss.Compute(cat(views), cat([labels, labels]), 0.1);
        });
    }

    [Theory]
    [InlineData("main")]
    [InlineData("single")]
    [InlineData("allsame")]
    [InlineData("alldiff")]
    [InlineData("two")]
    [InlineData("one")]
    public void PerAnchor_FirstViewsAgainstBoth_MatchesTheAuthorsCode(string set)
    {
        LossCase.Check($"supcon.{set}.one", [("clean", $"feat.{set}.clean"), ("adv", $"feat.{set}.adv")], views =>
        {
            using var labels = Golden.GoldenFile.Losses.Get($"feat.{set}.labels");
            var sameClass = labels.unsqueeze(1).eq(labels.unsqueeze(0));
            var same = eye(labels.shape[0], dtype: ScalarType.Bool);
            var (positives, self) = (cat([sameClass.logical_and(same.logical_not()), sameClass], 1), cat([same, zeros_like(same)], 1));
            return SupervisedContrastiveLoss.PerAnchor(functional.normalize(views[0]), functional.normalize(cat(views)), positives, self, 0.1).mean();
        });
    }

    [Fact]
    public void Compute_OneViewWithALonelyClass_MatchesTheAuthorsCode()
    {
        LossCase.Check("supcon.single.oneview", [("clean", "feat.single.clean")], views =>
            SupervisedContrastiveLoss.Compute(views[0], Golden.GoldenFile.Losses.Get("feat.single.labels"), 0.1));
    }

    [Fact]
    public void Compute_RowsInAnotherOrder_StaysTheSame()
    {
        using var scope = NewDisposeScope();
        var (features, labels) = (Golden.GoldenFile.Losses.Get("feat.main.clean", ScalarType.Float64), Golden.GoldenFile.Losses.Get("feat.main.labels"));
        var order = randperm(16, generator: new Generator(1));

        var (straight, shuffled) = (SupervisedContrastiveLoss.Compute(features, labels, 0.1), SupervisedContrastiveLoss.Compute(features[order], labels[order], 0.1));

        Assert.Equal(straight.item<double>(), shuffled.item<double>(), 1e-12);
    }

    [Fact]
    public void PerAnchor_LargeSimilarityOverTemperature_StaysFinite()
    {
        // exp(1 / 0.001) overflows; the logarithm of the sum does not.
        using var scope = NewDisposeScope();
        var features = functional.normalize(tensor(new float[,] { { 1, 0 }, { 1, 1e-3f }, { -1, 0 }, { -1, 1e-3f } })).detach().requires_grad_();

        var loss = AgainstItself(features, tensor(new long[] { 0, 0, 1, 1 }), 0.001).sum();
        loss.backward();

        Assert.True(double.IsFinite(loss.item<float>()));
        Assert.True(features.grad!.isfinite().all().item<bool>());
    }

    [Fact]
    public void PerAnchor_FiniteDifferences_AgreeWithTheGradient()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var labels = tensor(new long[] { 0, 0, 1, 2, 2 });

        LossCase.CheckFiniteDifferences(
            features => AgainstItself(functional.normalize(features), labels, 0.2).mean(),
            randn([5, 3], ScalarType.Float64, generator: generator));
    }

    [Fact]
    public void PerAnchor_OtherDimension_IsRefused()
    {
        using var scope = NewDisposeScope();
        var exception = Assert.Throws<ArgumentException>(() =>
            SupervisedContrastiveLoss.PerAnchor(ones(2, 3), ones(4, 5), zeros(2, 4, dtype: ScalarType.Bool), null, 1));
        Assert.Contains("not 3 and 5", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void PerAnchor_TemperatureNotPositive_IsRefused(double temperature)
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            SupervisedContrastiveLoss.PerAnchor(ones(2, 3), ones(2, 3), ones(2, 2, dtype: ScalarType.Bool), null, temperature));
    }

    private static Tensor AgainstItself(Tensor features, Tensor labels, double temperature)
    {
        var self = eye(features.shape[0], dtype: ScalarType.Bool);
        var positives = labels.unsqueeze(1).eq(labels.unsqueeze(0)).logical_and(self.logical_not());
        return SupervisedContrastiveLoss.PerAnchor(features, features, positives, self, temperature);
    }
}
