using Afa.Losses;
using Afa.Tests.Golden;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Losses;

public class AfaInnerObjectiveTests
{
    [Theory]
    [InlineData("main")]
    [InlineData("single")]
    [InlineData("alldiff")]
    public void Sum_WholeBatch_IsRowsTimesTheLossAgainstClean(string set)
    {
        using var scope = NewDisposeScope();
        var (clean, adversarial, labels) = Load(set);
        using var objective = new AfaInnerObjective(clean, labels, labels, 0.1);

        var loss = AfaLoss.Compute(clean, adversarial, labels, new() { Contrast = FeatureViews.Clean, Temperature = 0.1 });

        Assert.Equal(labels.shape[0] * loss.item<double>(), objective.Sum(adversarial).item<double>(), 1e-10);
    }

    [Fact]
    public void Sum_PartsOfTheBatch_AddUpToTheWhole()
    {
        using var scope = NewDisposeScope();
        var (clean, adversarial, labels) = Load("main");
        using var whole = new AfaInnerObjective(clean, labels, labels, 0.1);
        using var first = new AfaInnerObjective(clean, labels, labels[..5], 0.1);
        using var second = new AfaInnerObjective(clean, labels, labels[5..], 0.1);

        var parts = first.Sum(adversarial[..5]) + second.Sum(adversarial[5..]);

        Assert.Equal(whole.Sum(adversarial).item<double>(), parts.item<double>(), 1e-10);
    }

    [Fact]
    public void Sum_CleanFeaturesWithGradient_StayFixed()
    {
        using var scope = NewDisposeScope();
        var (clean, adversarial, labels) = Load("main");
        clean.requires_grad_();
        using var objective = new AfaInnerObjective(clean, labels, labels, 0.1);

        objective.Sum(adversarial.requires_grad_()).backward();

        Assert.Null(clean.grad);
        Assert.NotNull(adversarial.grad);
    }

    [Fact]
    public void CountMatches_HandMadeCase_LeavesTheOwnRowOut()
    {
        // Clean: two of class 0 near (1,0), one of class 1 at (0,1), one of class 1 near (1,0).
        using var scope = NewDisposeScope();
        var clean = tensor(new float[,] { { 1, 0 }, { 1, 0.1f }, { 0, 1 }, { 1, 0.2f } });
        var labels = tensor(new long[] { 0, 0, 1, 1 });

        // Under attack are rows 2 and 3. Row 2 stays at (0,1): its nearest other is row 3, of its class. Row 3 goes to (1,0): nearest is row 0, of the other class.
        using var objective = new AfaInnerObjective(clean, labels, labels[2..], 0.1);
        Assert.Equal(1, objective.CountMatches(tensor(new float[,] { { 0, 1 }, { 1, 0 } }), firstOwnRow: 2));

        // Row 2 goes to (0.8, 0.6), 37°: of 0°, 6° and 11° the last is nearest, row 3, a match. Row 3 goes to 9°: its own 11° does not count, row 1 is next, no match.
        Assert.Equal(1, objective.CountMatches(tensor(new float[,] { { 0.8f, 0.6f }, { 1, 0.16f } }), firstOwnRow: 2));
    }

    [Fact]
    public void Constructor_LabelsThatDoNotFit_AreRefused()
    {
        using var scope = NewDisposeScope();
        Assert.Throws<ArgumentException>(() => new AfaInnerObjective(ones(3, 2), ones(2, dtype: ScalarType.Int64), ones(2, dtype: ScalarType.Int64), 1));
    }

    private static (Tensor Clean, Tensor Adversarial, Tensor Labels) Load(string set) => (
        GoldenFile.Losses.Get($"feat.{set}.clean", ScalarType.Float64),
        GoldenFile.Losses.Get($"feat.{set}.adv", ScalarType.Float64),
        GoldenFile.Losses.Get($"feat.{set}.labels"));
}
