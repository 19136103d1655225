using Afa.Data;
using Afa.Federation;
using Afa.Training;
using Xunit;

namespace Afa.Tests.Federation;

public class ParticipantPlanTests
{
    private static readonly ImageDataset s_train = SmallFederation.Images(600);
    private static readonly ImageDataset s_test = SmallFederation.Images(300, DataSplit.Test);

    [Theory]
    [InlineData(PartitionKind.Iid)]
    [InlineData(PartitionKind.Dirichlet)]
    [InlineData(PartitionKind.ByClass)]
    [InlineData(PartitionKind.ByQuantity)]
    public void EveryImageOfTheSubset_IsDealtOnce_AsTheSeedSays(PartitionKind kind)
    {
        var options = Options(kind);
        var plan = ParticipantPlan.Train(s_train, options);
        var whole = TrainingShard.Plan(s_train, options.Training with { Shards = 1, Trainers = 1 })[0];

        Assert.Equal(5, plan.Length);
        Assert.Equal(500, whole.Length);
        Assert.Equal(whole, plan.SelectMany(images => images).Order());
        Assert.All(plan, images => Assert.Equal(images.Order(), images));
        Assert.Equal(plan, ParticipantPlan.Train(s_train, options));
        Assert.NotEqual(plan, ParticipantPlan.Train(s_train, options with { Training = options.Training with { Seed = 8 } }));
    }

    [Fact]
    public void Iid_IsTheShardsOfADataParallelRun()
    {
        var options = Options(PartitionKind.Iid);
        Assert.Equal(TrainingShard.Plan(s_train, options.Training with { BatchSize = 20, Shards = 5, Trainers = 5, ShardPlan = ShardPlanKind.ClassBalanced }), ParticipantPlan.Train(s_train, options));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    public void ByClass_EachHasItsNumberOfClasses(int classesEach)
    {
        var plan = ParticipantPlan.Train(s_train, Options(PartitionKind.ByClass) with { Partition = new() { Kind = PartitionKind.ByClass, ClassesEach = classesEach } });
        Assert.All(plan, images => Assert.Equal(classesEach, Counts(s_train, images).Count(count => count > 0)));
    }

    [Fact]
    public void ByClass_ClassesThatNobodyWouldHold_AreRefused()
    {
        var options = Options(PartitionKind.ByClass) with { Participants = 4 };
        Assert.Contains("must be in [3, 10]", Assert.Throws<ArgumentException>(() => ParticipantPlan.Train(s_train, options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ByQuantity_SizesDiffer_AndClassesAreEven()
    {
        var plan = ParticipantPlan.Train(s_train, Options(PartitionKind.ByQuantity));
        Assert.True(plan.Max(images => images.Length) > 2 * plan.Min(images => images.Length));
        Assert.All(plan, images => Assert.All(Counts(s_train, images), count => Assert.InRange(count, images.Length / 10.0 - 1.5, images.Length / 10.0 + 1.5)));
    }

    [Fact]
    public void Dirichlet_ClassesAreSkewed()
    {
        var plan = ParticipantPlan.Train(s_train, Options(PartitionKind.Dirichlet));
        Assert.Contains(plan, images => Counts(s_train, images).Max() > 0.3 * images.Length);
    }

    [Theory]
    [InlineData(PartitionKind.Dirichlet)]
    [InlineData(PartitionKind.ByClass)]
    public void TestImages_AreDealtOnce_InProportionToTheTrainingImages(PartitionKind kind)
    {
        var options = Options(kind);
        var train = ParticipantPlan.Train(s_train, options);
        var test = ParticipantPlan.Test(s_train, train, s_test, options);

        Assert.Equal(Enumerable.Range(0, 300), test.SelectMany(images => images).Order());
        for (var participant = 0; participant < 5; participant++)
        {
            // 50 training and 30 test images of each class.
            var expected = Counts(s_train, train[participant]).Select(count => count * 30 / 50.0);
            Assert.All(expected.Zip(Counts(s_test, test[participant])), pair => Assert.InRange(pair.Second, Math.Floor(pair.First), Math.Ceiling(pair.First)));
        }
    }

    [Fact]
    public void TestImages_AtMostAsManyAsOneMayUse_AreDrawnFromThem()
    {
        var options = Options(PartitionKind.Iid);
        var train = ParticipantPlan.Train(s_train, options);
        var all = ParticipantPlan.Test(s_train, train, s_test, options);
        var some = ParticipantPlan.Test(s_train, train, s_test, options with { Evaluation = options.Evaluation with { Images = 12 } });

        Assert.All(all.Zip(some), pair =>
        {
            Assert.Equal(12, pair.Second.Length);
            Assert.Subset(pair.First.ToHashSet(), pair.Second.ToHashSet());
        });
        Assert.NotEqual(all[0][..12], some[0]);
    }

    [Fact]
    public void Owner_TakesASubset_OrAllOfWhatItHas()
    {
        var options = Options(PartitionKind.Iid) with { Owners = ["a", "b"] };
        Assert.Equal(500, ParticipantPlan.OwnTrain(s_train, options).Length);
        Assert.Equal(Enumerable.Range(0, 300), ParticipantPlan.OwnTrain(s_test, options));
        Assert.Equal(12, ParticipantPlan.OwnTest(s_test, options with { Evaluation = options.Evaluation with { Images = 12 } }, participant: 1).Distinct().Count());
    }

    [Fact]
    public void Owner_OfFewerImagesThanTheMinimumCount_IsRefusedWithoutTellingHowMany()
    {
        var options = Options(PartitionKind.Iid) with { Owners = ["a"], Evaluation = new() { MinimumCount = 10 } };
        Assert.Equal(10, ParticipantPlan.OwnTrain(SmallFederation.Images(10), options).Length);
        var refused = Assert.Throws<ParticipantException>(() => ParticipantPlan.OwnTrain(SmallFederation.Images(9), options));
        Assert.Contains("fewer than 10 training images", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("9", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TooManyParticipants_AreRefused()
    {
        var few = SmallFederation.Images(6);
        var options = SmallFederation.Options() with { Participants = 4 };
        Assert.Contains("needs at least 2", Assert.Throws<ArgumentException>(() => ParticipantPlan.Train(few, options)).Message, StringComparison.Ordinal);
    }

    private static FederationOptions Options(PartitionKind kind)
    {
        var options = SmallFederation.Options();
        return options with { Participants = 5, Training = options.Training with { TrainImages = 500 }, Partition = new() { Kind = kind }, Evaluation = options.Evaluation with { Images = 300 } };
    }

    private static int[] Counts(ImageDataset dataset, int[] images) => ParticipantPlan.CountByClass(images.Select(i => dataset.Labels.Span[i]).ToArray(), 10);
}
