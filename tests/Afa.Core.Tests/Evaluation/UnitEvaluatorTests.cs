using Afa.Attacks;
using Afa.Data;
using Afa.Evaluation;
using Afa.Models;
using Afa.Tests.Golden;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Evaluation;

public sealed class UnitEvaluatorTests : IDisposable
{
    private const double Epsilon = 0.1;

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly ImageClassifier _model = GoldenSmallCnn.Create();
    private readonly ImageBatch _images = StoredImages();

    public void Dispose()
    {
        _model.Dispose();
        _scope.Dispose();
    }

    [Theory]
    [InlineData(AttackNorm.Linf, 0.2, "apgd-ce+pgd-5", "deepfool", "fgsm")]
    [InlineData(AttackNorm.L2, 1.5, "apgd-ce", "deepfool", "pgd-5")]
    [InlineData(AttackNorm.L1, 6, "apgd-ce")]
    public void Evaluate_SavedImages_ReproduceTheFlagsAndLieInTheBall(AttackNorm norm, double epsilon, params string[] attacks)
    {
        var (outcome, pixels) = Evaluate(new EvaluationOptions { Norm = norm, Attacks = attacks, SaveAdversarial = true }, epsilon, attacks);

        var images = _images.ToTensor(CPU);
        var adversarial = tensor(pixels).reshape(images.shape);
        var isBroken = Enumerable.Range(0, _images.Count).Select(i => outcome.Cascades.Any(cascade => cascade.BrokenBy[i] is not null)).ToList();
        Assert.Contains(true, isBroken);
        Assert.Contains(false, isBroken);
        Assert.Equal(
            outcome.CleanCorrect.Zip(isBroken, (isCorrect, broken) => isCorrect && !broken),
            _model.call(adversarial).argmax(1).eq(_images.LabelsTensor(CPU)).data<bool>().ToArray());

        var sizes = PerturbationNorm.Of(adversarial - images, norm).data<float>().ToArray();
        Assert.All(sizes, size => Assert.InRange(size, 0, epsilon + PerturbationNorm.Slack(norm, epsilon, _images.ImageSize)));
        Assert.All(sizes.Zip(isBroken), sample => Assert.Equal(sample.Second, sample.First > 0));
        Assert.True(adversarial.min().item<float>() >= 0 && adversarial.max().item<float>() <= 1);
        foreach (var cascade in outcome.Cascades)
        {
            Assert.All(cascade.BrokenBy.Zip(cascade.Norms), sample => Assert.Equal(sample.First is not null, sample.Second > 0));
            Assert.All(cascade.BrokenBy.Zip(outcome.CleanCorrect), sample => Assert.True(sample.First is null || sample.Second));
        }
    }

    [Fact]
    public void Evaluate_InOtherBatches_GivesTheSameFlags()
    {
        string[] attacks = ["pgd-10", "apgd-ce", "gaussian-noise-3"];
        var (whole, _) = Evaluate(new EvaluationOptions(), Epsilon, attacks);
        var (pieces, _) = Evaluate(new EvaluationOptions { BatchSize = 5 }, Epsilon, attacks);

        Assert.Equal(whole.Cascades.Select(cascade => cascade.BrokenBy), pieces.Cascades.Select(cascade => cascade.BrokenBy));
    }

    [Fact]
    public void Evaluate_AsItGoes_ReportsWhatStandsAndAShareThatOnlyGrows()
    {
        var reports = new List<UnitProgress>();
        var (outcome, _) = Evaluate(new EvaluationOptions(), Epsilon, ["fgsm+apgd-ce", "pgd-5"], reports.Add);

        Assert.Equal("clean", reports[0].Attack);
        Assert.Contains(reports, report => report.Attack == "fgsm+apgd-ce: apgd-ce");
        Assert.Equal(1, reports[^1].Share, tolerance: 1e-9);
        Assert.All(reports.Zip(reports.Skip(1)), pair => Assert.InRange(pair.Second.Share, pair.First.Share, 1));
        Assert.Equal(
            outcome.Cascades.Select(cascade => outcome.CleanCorrect.Zip(cascade.BrokenBy).Count(sample => sample.First && sample.Second is null)),
            reports[^1].Standing);
    }

    [Theory]
    [InlineData("apgd-t")]
    [InlineData("fab-t")]
    [InlineData("square")]
    [InlineData("pgd-1000")]
    public void Evaluate_Cancelled_EndsWithinTheAttack(string attack)
    {
        using var cancelled = new CancellationTokenSource();
        var clock = System.Diagnostics.Stopwatch.StartNew();

        Assert.Throws<OperationCanceledException>(() => Evaluate(new EvaluationOptions(), Epsilon, [attack], report => CancelAt(report.Attack), cancelled.Token));

        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"The attack went on for {clock.Elapsed}.");

        void CancelAt(string name)
        {
            if (name == attack)
            {
                cancelled.Cancel();
            }
        }
    }

    [Fact]
    public void Evaluate_AttackThatLeavesTheBall_IsAnErrorAndNotAResult()
    {
        var far = new AttackDescription("far", "", AttackKind.Bounded, [AttackNorm.Linf], 1, _ => new FarAttack());
        var evaluator = Evaluator(new EvaluationOptions(), [new AttackCascade("far", [new AttackStage(far, far.Create(AttackNorm.Linf))])]);

        var exception = Assert.Throws<InvalidOperationException>(() => evaluator.Evaluate(Unit, _images, Epsilon, 0, _ => { }, CancellationToken.None));
        Assert.Contains("'far'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("outside the ball of radius 0.1", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_Repeatedly_LeavesNoTensor()
    {
        Evaluate(new EvaluationOptions(), Epsilon, ["apgd-ce", "fgsm"]);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        Evaluate(new EvaluationOptions(), Epsilon, ["apgd-ce", "fgsm"]);

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    private EvaluationUnit Unit => new(0, 0, 0, _images.Count);

    private (UnitOutcome Outcome, float[] Adversarial) Evaluate(
        EvaluationOptions options, double epsilon, string[] attacks, Action<UnitProgress>? report = null, CancellationToken cancellation = default) =>
        Evaluator(options, AttackCascade.Parse(attacks, options.Norm)).Evaluate(Unit, _images, epsilon, examples: 3, report ?? (_ => { }), cancellation);

    private UnitEvaluator Evaluator(EvaluationOptions options, IReadOnlyList<AttackCascade> cascades) =>
        new(_model, DatasetRegistry.Get("fashion-mnist"), cascades, options, new Dictionary<string, ImageClassifier>(), _images, CPU);

    /// <summary>Eight stored test images, two of them with a wrong label.</summary>
    private static ImageBatch StoredImages()
    {
        using var scope = NewDisposeScope();
        var pixels = (GoldenFile.TradesStep.Get("x") * 255).round().to(ScalarType.Byte).bytes.ToArray();
        var labels = GoldenFile.TradesStep.Get("labels").data<long>().ToArray();
        for (var i = 0; i < labels.Length; i += 4)
        {
            labels[i] = (labels[i] + 1) % 10;
        }

        return new ImageBatch(pixels, labels, [.. Enumerable.Range(100, labels.Length)], 1, 28, 28).Slice(0, 8);
    }

    private sealed class FarAttack : IAttack
    {
        public AttackOutcome Run(AttackInput input) => new(1 - input.Images);
    }
}
