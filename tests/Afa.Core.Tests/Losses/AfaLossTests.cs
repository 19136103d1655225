using Afa.Losses;
using Afa.Tests.Golden;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Losses;

public class AfaLossTests
{
    public static TheoryData<string, FeatureViews, FeatureViews, double> Cases
    {
        get
        {
            var cases = new TheoryData<string, FeatureViews, FeatureViews, double>();
            foreach (var set in new[] { "main", "single", "allsame", "alldiff", "two", "one" })
            {
                foreach (var temperature in new[] { 0.1, 0.5 })
                {
                    cases.Add(set, FeatureViews.Adversarial, FeatureViews.Clean, temperature);
                    cases.Add(set, FeatureViews.Adversarial, FeatureViews.Both, temperature);
                }

                if (set != "one")   // Not stored: it is the supcon case.
                {
                    cases.Add(set, FeatureViews.Both, FeatureViews.Both, 0.1);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compute_StoredCase_MatchesTheReference(string set, FeatureViews anchors, FeatureViews contrast, double temperature)
    {
        var options = new AfaLossOptions { Anchors = anchors, Contrast = contrast, Temperature = temperature };
        var name = $"afa.{set}.{(anchors == FeatureViews.Both ? "both" : "adv")}.{(contrast == FeatureViews.Both ? "both" : "clean")}.tau{temperature}";
        LossCase.Check(name, Inputs(set), views => AfaLoss.Compute(views[0], views[1], Labels(set), options));
    }

    [Theory]
    [InlineData("main")]
    [InlineData("single")]
    [InlineData("allsame")]
    [InlineData("alldiff")]
    [InlineData("two")]
    [InlineData("one")]
    public void Compute_AnchorsAndContrastBoth_IsTheSupervisedContrastiveLoss(string set)
    {
        var options = new AfaLossOptions { Anchors = FeatureViews.Both, Contrast = FeatureViews.Both, Temperature = 0.1 };
        LossCase.Check($"supcon.{set}.all", Inputs(set), views => AfaLoss.Compute(views[0], views[1], Labels(set), options));
    }

    [Fact]
    public void Compute_OneImageOfEachOfTwoClasses_MatchesTheValueWorkedByHand()
    {
        // Clean (1,0) and (0,1); the adversarial image of the first looks like the second: (0,1); the other is as clean. Contrast clean, τ = 1.
        // Anchor 0: similarities 0 (its class), 1: log(e⁰ + e¹) - 0. Anchor 1: 0, 1 (its class): log(e⁰ + e¹) - 1.
        using var scope = NewDisposeScope();
        var clean = tensor(new double[,] { { 3, 0 }, { 0, 2 } });
        var adversarial = tensor(new double[,] { { 0, 5 }, { 0, 7 } });

        var loss = AfaLoss.Compute(clean, adversarial, tensor(new long[] { 0, 1 }), new() { Contrast = FeatureViews.Clean, Temperature = 1 });

        Assert.Equal(Math.Log(1 + Math.E) - 0.5, loss.item<double>(), 1e-12);
    }

    [Theory]
    [MemberData(nameof(Switches))]
    public void Compute_FiniteDifferences_AgreeWithTheGradients(FeatureViews anchors, FeatureViews contrast)
    {
        using var scope = NewDisposeScope();
        var (clean, adversarial, labels) = RandomBatch();
        var options = new AfaLossOptions { Anchors = anchors, Contrast = contrast, Temperature = 0.3 };

        LossCase.CheckFiniteDifferences(x => AfaLoss.Compute(x, adversarial, labels, options), clean);
        LossCase.CheckFiniteDifferences(x => AfaLoss.Compute(clean, x, labels, options), adversarial);
    }

    [Theory]
    [MemberData(nameof(Switches))]
    public void Compute_BatchInAnotherOrder_GivesTheSame(FeatureViews anchors, FeatureViews contrast)
    {
        using var scope = NewDisposeScope();
        var (clean, adversarial, labels) = RandomBatch();
        var options = new AfaLossOptions { Anchors = anchors, Contrast = contrast };
        var order = tensor(new long[] { 4, 0, 5, 2, 1, 3 });

        var loss = AfaLoss.Compute(clean, adversarial, labels, options);
        var permuted = AfaLoss.Compute(clean[order], adversarial[order], labels[order], options);

        Assert.Equal(loss.item<double>(), permuted.item<double>(), 1e-12);   // Another order of summation.
    }

    [Fact]
    public void Compute_FeaturesScaled_GivesTheSame()
    {
        using var scope = NewDisposeScope();
        var (clean, adversarial, labels) = RandomBatch();

        var loss = AfaLoss.Compute(clean, adversarial, labels, new());
        var scaled = AfaLoss.Compute(clean * 100, adversarial * 0.01, labels, new());

        Assert.Equal(loss.item<double>(), scaled.item<double>(), 1e-12);
    }

    [Fact]
    public void Compute_ShapesThatDoNotFit_AreRefused()
    {
        using var scope = NewDisposeScope();
        var labels = tensor(new long[] { 0, 1 });
        Assert.Throws<ArgumentException>(() => AfaLoss.Compute(ones(2, 3, 1), ones(2, 3, 1), labels, new()));
        Assert.Throws<ArgumentException>(() => AfaLoss.Compute(ones(2, 3), ones(2, 4), labels, new()));
        Assert.Throws<ArgumentException>(() => AfaLoss.Compute(ones(3, 3), ones(3, 3), labels, new()));
    }

    public static TheoryData<FeatureViews, FeatureViews> Switches => new()
    {
        { FeatureViews.Adversarial, FeatureViews.Clean },
        { FeatureViews.Adversarial, FeatureViews.Both },
        { FeatureViews.Both, FeatureViews.Clean },
        { FeatureViews.Both, FeatureViews.Both },
    };

    private static (string, string)[] Inputs(string set) => [("clean", $"feat.{set}.clean"), ("adv", $"feat.{set}.adv")];

    private static Tensor Labels(string set) => GoldenFile.Losses.Get($"feat.{set}.labels");

    private static (Tensor Clean, Tensor Adversarial, Tensor Labels) RandomBatch()
    {
        using var generator = new Generator(5);
        return (randn([6, 4], ScalarType.Float64, generator: generator), randn([6, 4], ScalarType.Float64, generator: generator), tensor(new long[] { 0, 1, 0, 2, 1, 0 }));
    }
}
