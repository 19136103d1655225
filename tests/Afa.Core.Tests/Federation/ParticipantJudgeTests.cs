using Afa.Attacks;
using Afa.Checkpoints;
using Afa.Data;
using Afa.Evaluation;
using Afa.Federation;
using Afa.Models;
using Afa.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Federation;

public class ParticipantJudgeTests
{
    // 8 images of class 0, 5 of class 1, 1 of class 2 and 6 of class 3.
    private static readonly ImageDataset s_test = SmallFederation.Images(20, DataSplit.Test, i => i < 8 ? 0 : i < 13 ? 1 : i < 14 ? 2 : 3);
    private static readonly int[] s_all = [.. Enumerable.Range(0, 20)];

    [Fact]
    public void Counts_AreThoseOfTheEvaluationAndOfCountingByHand()
    {
        var options = SmallFederation.Options() with { Evaluation = new() { Attacks = ["fgsm", "pgd-3"], MinimumCount = 1, Images = 20 } };
        var model = SmallFederation.Start(options);
        var counts = ParticipantJudge.Judge(options, model, own: null, s_test, s_all, CPU, CancellationToken.None);

        using var scope = NewDisposeScope();
        using var classifier = ModelRegistry.Create(model.State.ModelOptions, 0);
        TrainerCheckpoint.LoadModel(classifier, model);
        var cascades = AttackCascade.Parse(["fgsm", "pgd-3"], AttackNorm.Linf);
        var evaluator = new UnitEvaluator(classifier, s_test.Description, cascades, new EvaluationOptions { Seed = 7 }, new Dictionary<string, ImageClassifier>(), s_test.Select([0]), CPU);
        var units = new[] { (0, 9), (9, 11) }.Select(part => evaluator.Evaluate(
            new EvaluationUnit(0, 0, part.Item1, part.Item2), s_test.Select([.. Enumerable.Range(part.Item1, part.Item2)]), options.Training.AttackEpsilon(), 0, _ => { }, CancellationToken.None).Outcome);
        var expected = RobustAccuracy.Pool(units.ToList(), cascades, s_test.Description);

        Assert.Equal(20, counts.Images);
        Assert.Equal(["clean", "fgsm", "pgd-3", "worst-case"], counts.Attacks.Select(attack => attack.Attack));
        Assert.Equal(expected.Select(result => result.Correct), counts.Attacks.Select(attack => attack.Correct));
        Assert.All(expected.Zip(counts.Attacks), pair => Assert.Equal(
            pair.First.Classes.Where(one => one.Total > 0).Select(one => new ClassCounts(one.Correct, one.Total)), pair.Second.Classes.OfType<ClassCounts>()));

        var batch = s_test.Select(s_all);
        var right = classifier.call(batch.ToTensor(CPU)).argmax(1).data<long>().ToArray().Zip(batch.Labels).Count(pair => pair.First == pair.Second);
        Assert.Equal(right, counts.Attacks[0].Correct);
        Assert.Null(counts.BackdoorHits);
    }

    [Fact]
    public void SmallCounts_AreKeptBack()
    {
        var options = SmallFederation.Options() with { Evaluation = new() { Attacks = ["fgsm"], MinimumCount = 5, Images = 20 } };
        var counts = ParticipantJudge.Judge(options, SmallFederation.Start(options), own: null, s_test, s_all, CPU, CancellationToken.None);

        // The one image of class 2 could be told from the rest of the total; the smallest other class is kept back with it.
        Assert.All(counts.Attacks, attack => Assert.Equal([8, null, null, 6, null, null, null, null, null, null], attack.Classes.Select(one => one?.Images)));
        var exception = Assert.Throws<ParticipantException>(() => ParticipantJudge.Judge(options, SmallFederation.Start(options), null, s_test, [0, 1, 2, 3], CPU, CancellationToken.None));
        Assert.Contains("fewer than 5 test images", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { 50, 0, 20 }, new[] { true, false, true })]    // Nothing is hidden.
    [InlineData(new[] { 50, 3, 20 }, new[] { true, false, false })]   // 3 would be the total less 70.
    [InlineData(new[] { 50, 6, 5 }, new[] { true, false, false })]    // 11 together.
    [InlineData(new[] { 50, 3, 10 }, new[] { true, false, false })]
    [InlineData(new[] { 30, 4 }, new[] { false, false })]
    public void Shown_HidesEnoughTogether(int[] images, bool[] expected)
    {
        Assert.Equal(expected, SmallCounts.Shown(images, 10));
        Assert.Equal(images.Zip(expected, (count, isShown) => isShown ? count : (int?)null), SmallCounts.Told(images, 10));
    }

    [Fact]
    public void FedBn_ParticipantJudgesWithItsOwnLayers()
    {
        var options = SmallFederation.Options();
        options = options with { Training = options.Training with { Model = "resnet-18", ModelWidth = 0.0625 }, Strategy = new() { Kind = StrategyKind.FedBn } };
        var model = SmallFederation.Start(options);

        // Own layers whose last shift makes the features useless: all images get one class.
        var own = new Checkpoint(model.State, model.Model.Where(entry => entry.Key.Contains("bn", StringComparison.Ordinal) && entry.Key.EndsWith(".weight", StringComparison.Ordinal))
            .ToDictionary(entry => entry.Key, entry => new TensorRecord(entry.Value.ElementType, entry.Value.Shape, new byte[entry.Value.Data.Length])));
        var merged = LocalTraining.WithOwnLayers(options, model, own);
        var elsewhere = model with { State = model.State with { Run = "another" } };

        Assert.All(merged.Values("bn1.weight"), value => Assert.Equal(0, value));
        Assert.All(LocalTraining.WithOwnLayers(options, elsewhere, own).Values("bn1.weight"), value => Assert.Equal(1, value));
        var with = ParticipantJudge.Judge(options, model, own, s_test, s_all, CPU, CancellationToken.None);
        Assert.Equal(with.Attacks[0].Correct, with.Attacks[^1].Correct);   // A constant model cannot be attacked.
    }

    [Fact]
    public void Backdoor_HitsAreCountedOverTheOtherClasses()
    {
        var options = SmallFederation.Options() with { Attackers = new() { Count = 1, Kind = Afa.Federation.Attackers.AttackerKind.Backdoor, BackdoorTarget = 3 } };
        var counts = ParticipantJudge.Judge(options, SmallFederation.Start(options), null, s_test, s_all, CPU, CancellationToken.None);
        Assert.Equal(14, counts.BackdoorImages);
        Assert.InRange(counts.BackdoorHits!.Value, 0, 14);
    }

    [Fact]
    public void Judge_ModelForOtherImages_IsRefused()
    {
        var options = SmallFederation.Options();
        var model = SmallFederation.Start(options);
        var other = model with { State = model.State with { ModelOptions = model.State.ModelOptions with { Classes = 100 } } };
        Assert.Contains("100 classes", Assert.Throws<ArgumentException>(() => ParticipantJudge.Judge(options, other, null, s_test, s_all, CPU, CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_Repeatedly_LeavesNoTensor()
    {
        var options = SmallFederation.Options();
        var model = SmallFederation.Start(options);
        ParticipantJudge.Judge(options, model, null, s_test, s_all, CPU, CancellationToken.None);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        ParticipantJudge.Judge(options, model, null, s_test, s_all, CPU, CancellationToken.None);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Robustness_OfThreeParticipants_IsAsWorkedByHand()
    {
        var judgment = new ModelJudgment(
            "m", 1, [Counts(20, 10, new ClassCounts(4, 10), backdoor: 5), null, Counts(80, 60, null, backdoor: 10), Counts(100, 20, new ClassCounts(6, 30), backdoor: 0)],
            [new(1, "it has too few images")]);
        var robustness = Assert.Single(FederatedRobustness.Of(judgment));

        Assert.Equal(("clean", 90, 200, 0.45), (robustness.Attack, robustness.Correct, robustness.Images, robustness.Accuracy));
        Assert.Equal([0.5, null, 0.75, 0.2], robustness.Participants);
        Assert.Equal(3, robustness.Worst);
        Assert.Equal(0.55, robustness.FairnessGap, 1e-12);
        Assert.Equal(0.2248456, robustness.StandardDeviation, 1e-6);   // Mean 0.48333; squares 0.00028, 0.07111, 0.08028 over 3.
        Assert.Equal([new ClassCounts(10, 40), null], robustness.Classes);
        Assert.Equal(WilsonInterval.Of(90, 200), (robustness.Low, robustness.High));
        Assert.Equal(new ClassCounts(15, 200), FederatedRobustness.Backdoor(judgment));
        Assert.Empty(FederatedRobustness.Of(judgment with { Counts = [null] }));

        static ParticipantCounts Counts(int images, int correct, ClassCounts? first, int backdoor) => new(images, [new AttackCounts("clean", correct, [first, null])], backdoor, images);
    }
}
