using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Afa.Attacks;
using Afa.Data;
using Afa.Losses;
using Afa.Models;
using Afa.Training;
using Xunit;

namespace Afa.Tests.Training;

public class TrainingOptionsTests
{
    public static TheoryData<TrainingOptions, string> BadOptions => new()
    {
        { new() { Method = (TrainingMethod)99 }, "Method" },
        { new() { Dataset = "imagenet" }, "Dataset" },
        { new() { Model = "vgg" }, "Model" },
        { new() { ModelWidth = double.NaN }, "WidthFactor" },
        { new() { ModelWidth = 0 }, "WidthFactor" },
        { new() { TrainImages = -1 }, "TrainImages" },
        { new() { TrainImages = 255 }, "TrainImages" },
        { new() { Epochs = 0 }, "Epochs" },
        { new() { BatchSize = 257 }, "BatchSize" },
        { new() { BatchSize = 65_538 }, "BatchSize" },
        { new() { BatchSize = 1, Shards = 1, Trainers = 1 }, "BatchSize" },
        { new() { Shards = 0 }, "Shards" },
        { new() { Shards = 4097 }, "Shards" },
        { new() { Trainers = 0 }, "Trainers" },
        { new() { Shards = 2, Trainers = 3 }, "Trainers" },
        { new() { Shards = 2, Trainers = 4 }, "Trainers" },
        { new() { AfaWeight = -0.1 }, "AfaWeight" },
        { new() { AfaWeight = double.NaN }, "AfaWeight" },
        { new() { TradesBeta = double.PositiveInfinity }, "TradesBeta" },
        { new() { LabelSmoothing = 1 }, "LabelSmoothing" },
        { new() { MartBeta = -1 }, "MartBeta" },
        { new() { SupconTemperature = 0 }, "SupconTemperature" },
        { new() { FreeReplays = 0 }, "FreeReplays" },
        { new() { AwpGamma = -0.1 }, "AwpGamma" },
        { new() { AwpGamma = double.NaN }, "AwpGamma" },
        { new() { AwpWarmup = -1 }, "AwpWarmup" },
        { new() { Attack = new() { Norm = AttackNorm.L1, Epsilon = "12" } }, "Norm" },
        { new() { CheckpointEveryEpochs = 0 }, "CheckpointEveryEpochs" },
        { new() { WeightAverage = 1 }, "WeightAverage" },
        { new() { WeightAverage = -0.1 }, "WeightAverage" },
        { new() { WeightAverage = double.NaN }, "WeightAverage" },
        { new() { Validation = new() { Images = -1 } }, "Images" },
        { new() { Validation = new() { Images = 64, Steps = 0 } }, "Steps" },
        { new() { Validation = new() { Images = 64, EveryEpochs = 0 } }, "EveryEpochs" },
        { new() { Validation = new() { Images = 64, Patience = -1 } }, "Patience" },
        { new() { Validation = new() { Patience = 3 } }, "Patience" },   // Nothing to judge by.
        { new() { Optimizer = new() { LearningRate = 0 } }, "LearningRate" },
        { new() { Optimizer = new() { Momentum = 1 } }, "Momentum" },
        { new() { Optimizer = new() { Momentum = 0 } }, "Nesterov" },
        { new() { Optimizer = new() { WeightDecay = double.NaN } }, "WeightDecay" },
        { new() { Optimizer = new() { GradientClip = double.PositiveInfinity } }, "GradientClip" },
        { new() { Optimizer = new() { WarmUpShare = 1 } }, "WarmUpShare" },
        { new() { Optimizer = new() { WarmUpShare = double.NaN } }, "WarmUpShare" },
        { new() { Optimizer = new() { Milestones = "" } }, "Milestones" },
        { new() { Optimizer = new() { Milestones = "0.75,0.5" } }, "Milestones" },
        { new() { Optimizer = new() { Milestones = "0.5,100" } }, "Milestones" },
        { new() { Optimizer = new() { Milestones = "1.5" } }, "Milestones" },
        { new() { Optimizer = new() { Milestones = "NaN" } }, "Milestones" },
        { new() { Optimizer = new() { Gamma = 0 } }, "Gamma" },
        { new() { Attack = new() { Epsilon = "1/0" } }, "Epsilon" },
        { new() { Attack = new() { Epsilon = "8" } }, "Epsilon" },
        { new() { Attack = new() { RelativeStepSize = 2.1 } }, "RelativeStepSize" },
        { new() { Attack = new() { Steps = 0 } }, "Steps" },
        { new() { Afa = new() { Temperature = 0 } }, "Temperature" },
        { new() { Afa = new() { Anchors = FeatureViews.Clean } }, "Anchors" },
        { new() { Afa = new() { Contrast = FeatureViews.Adversarial } }, "Contrast" },
        { new() { Head = new() { Epochs = 0 } }, "Epochs" },
        { new() { Head = new() { LearningRate = double.NaN } }, "LearningRate" },
        { new() { Augmentation = new() { CropPadding = -1 } }, "CropPadding" },
        { new() { Compute = (ComputePrecision)7 }, "Compute" },
        { new() { Gradient = new() { Wire = (ComputePrecision)7 } }, "Wire" },
        { new() { Trainers = 1, Gradient = new() { Wire = ComputePrecision.Bfloat16 } }, "Gradient" },
        { new() { Method = TrainingMethod.PgdAt, AwpGamma = 0.005, Gradient = new() { Wire = ComputePrecision.Bfloat16 } }, "Gradient" },
        { new() { Model = "resnet-18", ModelDepth = 34 }, "ModelDepth" },
        { new() { Model = "wrn-28-10", ModelDepth = 34 }, "ModelDepth" },
        { new() { Model = "wrn-29-10" }, "Depth" },
        { new() { Model = "resnet-18", Activation = Activation.Silu }, "Activation" },
        { new() { Normalization = new() { Layer = NormalizationLayer.Group } }, "Layer" },
        { new() { Normalization = new() { Separate = true } }, "Separate" },
        { new() { Normalization = new() { Synchronized = true } }, "Synchronized" },
        { new() { Normalization = new() { DuringAttack = AttackNormalization.Train } }, "DuringAttack" },
        { new() { Model = "resnet-18", Normalization = new() { Layer = NormalizationLayer.Group, Synchronized = true } }, "Synchronized" },
        { new() { Model = "resnet-18", Method = TrainingMethod.Ce, Normalization = new() { DuringAttack = AttackNormalization.FrozenTracking } }, "DuringAttack" },
        { new() { Model = "resnet-18", Method = TrainingMethod.PgdAt, Normalization = new() { Separate = true } }, "Separate" },
        { new() { Dataset = "./no-such-folder" }, "Dataset" },
        { new() { ShardPlan = ShardPlanKind.Stored }, "TrainImages" },
        { new() { DirichletAlpha = 0 }, "DirichletAlpha" },
        { new() { DirichletAlpha = double.NaN }, "DirichletAlpha" },
        { new() { Generated = new() { Path = "g.npz", Fraction = 1 } }, "Fraction" },
        { new() { Generated = new() { Path = "g.npz", Fraction = double.NaN } }, "Fraction" },
        { new() { Generated = new() { Fraction = 0.5 } }, "Fraction" },
        { new() { Generated = new() { Path = "g.npz", Fraction = 0.999 } }, "Generated" },
    };

    /// <summary>Each in range, but of no use together; with what the message says to do.</summary>
    public static TheoryData<TrainingOptions, string, string> OptionsThatDoNotGoTogether => new()
    {
        { new() { Method = TrainingMethod.Mart, LabelSmoothing = 0.1 }, "LabelSmoothing", "set it to 0" },
        { new() { Method = TrainingMethod.Ce, AwpGamma = 0.01 }, "AwpGamma", "no adversarial images" },
        { Supcon() with { AwpGamma = 0.01 }, "AwpGamma", "no adversarial images" },
        { new() { Method = TrainingMethod.FreeAt, AwpGamma = 0.01 }, "AwpGamma", "another method" },
        { new() { AwpGamma = 0.01, Epochs = 5, AwpWarmup = 5 }, "AwpWarmup", "less than Epochs" },
        { new() { AwpWarmup = 1 }, "AwpWarmup", "needs AwpGamma" },
        { new() { Method = TrainingMethod.Supcon }, "Augmentation", "augmentation.horizontalFlip" },
        { new() { Epochs = 5, Optimizer = new() { Schedule = LearningRateScheduleKind.MultiStep, Milestones = "3,5" } }, "Milestones", "earlier ones" },
        { new() { Model = "resnet-18", Method = TrainingMethod.FreeAt, Normalization = new() { DuringAttack = AttackNormalization.Train } }, "DuringAttack", "leave it out" },
        { Supcon() with { Model = "resnet-18", Normalization = new() { DuringAttack = AttackNormalization.Train } }, "DuringAttack", "leave it out" },
        { Supcon() with { Model = "resnet-18", Normalization = new() { Separate = true } }, "Separate", "another method" },
        { new() { Model = "resnet-18", Method = TrainingMethod.FastAt, Normalization = new() { Separate = true } }, "Separate", "another method" },
        { new() { Model = "resnet-18", Method = TrainingMethod.FreeAt, Normalization = new() { Separate = true } }, "Separate", "another method" },
        { new() { Trainers = 1, Elastic = true }, "Elastic", "Raise Trainers" },
        { new() { Elastic = true, Gradient = new() { Wire = ComputePrecision.Bfloat16 } }, "Elastic", "Use float32" },
        { Head(epochs: 5, headEpochs: 3, "2,4"), "Milestones", "3 epochs of the linear head" },
        { Head(epochs: 2, headEpochs: 3, "2"), "Milestones", "the end of 2 epochs." },
    };

    [Theory]
    [MemberData(nameof(OptionsThatDoNotGoTogether))]
    public void Validate_OptionsThatDoNotGoTogether_SaysWhatToDo(TrainingOptions options, string member, string advice)
    {
        var problem = Assert.Single(Problems(options));
        Assert.Contains(member, problem.MemberNames);
        Assert.Contains(advice, problem.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_OptionsThatGoTogether_AreValid()
    {
        TrainingOptions[] all =
        [
            new() { Method = TrainingMethod.Mart },
            Supcon() with { LabelSmoothing = 0.1 },
            new() { Method = TrainingMethod.FastAt, AwpGamma = 0.01, AwpWarmup = 4 },
            new() { Method = TrainingMethod.FreeAt, LabelSmoothing = 0.1 },
            new() { Model = "wrn-10-1", Method = TrainingMethod.Mart, Normalization = new() { Separate = true, DuringAttack = AttackNormalization.Train } },
            new() { Model = "resnet-18", Method = TrainingMethod.FastAt, Normalization = new() { DuringAttack = AttackNormalization.FrozenTracking } },
            new() { Model = "resnet-18", Method = TrainingMethod.FreeAt, Normalization = new() { Synchronized = true } },
            new() { Shards = 6, Trainers = 3, BatchSize = 60, Elastic = true },
            new() { Epochs = 1, Optimizer = new() { Schedule = LearningRateScheduleKind.MultiStep } },
            Head(epochs: 5, headEpochs: 5, "3,4"),
            Head(epochs: 5, headEpochs: 1, "0.5,0.75"),
            Head(epochs: 5, headEpochs: 1, "3,4") with { Method = TrainingMethod.Trades },
            new() { Epochs = 5, Optimizer = new() { Milestones = "100" } },   // Of no meaning to a one-cycle.
        ];
        Assert.All(all, options => Assert.Empty(Problems(options)));
    }

    [Fact]
    public void Validate_Defaults_AreValid() => Assert.Empty(Problems(new()));

    [Theory]
    [MemberData(nameof(BadOptions))]
    public void Validate_OneBadOption_IsTheOneProblem(TrainingOptions options, string member)
    {
        var problem = Assert.Single(Problems(options));
        Assert.Contains(member, problem.MemberNames);
    }

    [Fact]
    public void Validate_NormalizationThatFits_IsValid() => Assert.All(
        new TrainingOptions[]
        {
            new() { Model = "wrn-28-10", ModelDepth = 28, Normalization = new() { Separate = true, Synchronized = true, DuringAttack = AttackNormalization.FrozenTracking } },
            new() { Model = "dm-wrn-28-10", Activation = Activation.Silu, Method = TrainingMethod.PgdAt, Normalization = new() { Synchronized = true, DuringAttack = AttackNormalization.Train } },
            new() { Model = "resnet-18", Method = TrainingMethod.Ce, Normalization = new() { Layer = NormalizationLayer.Group } },
        },
        options => Assert.Empty(Problems(options)));

    [Fact]
    public void Validate_SeveralBadOptions_ReportsAllAtOnce()
    {
        var problems = Problems(new()
        {
            Dataset = "cifar",
            Model = "resnet",
            Epochs = -1,
            Attack = new() { Steps = 0, Epsilon = "NaN" },
            Optimizer = new() { LearningRate = -1 },
        });

        Assert.Equal(["Dataset", "Epochs", "Epsilon", "LearningRate", "Model", "Steps"], problems.SelectMany(problem => problem.MemberNames).Order());
        Assert.Contains(problems, problem => problem.ErrorMessage!.Contains("fashion-mnist", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.ErrorMessage!.Contains("small-cnn", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(TrainingMethod.Afa, null, WeightInitialization.Pytorch)]
    [InlineData(TrainingMethod.Supcon, null, WeightInitialization.Pytorch)]
    [InlineData(TrainingMethod.AfaTrades, null, WeightInitialization.He)]
    [InlineData(TrainingMethod.PgdAt, null, WeightInitialization.He)]
    [InlineData(TrainingMethod.Afa, WeightInitialization.He, WeightInitialization.He)]
    [InlineData(TrainingMethod.PgdAt, WeightInitialization.Pytorch, WeightInitialization.Pytorch)]
    public void WeightInitialization_GivenOrNot_IsTheOptionsOrTheMethods(TrainingMethod method, WeightInitialization? given, WeightInitialization expected) =>
        Assert.Equal(expected, new TrainingOptions { Method = method, Initialization = given }.WeightInitialization());

    [Theory]
    [InlineData("8/255", 8.0 / 255)]
    [InlineData("0.2", 0.2)]
    [InlineData(null, 0.1)]   // Fashion-MNIST's usual radius.
    public void AttackEpsilon_TextOrNone_IsTheRadius(string? text, double expected) =>
        Assert.Equal(expected, new TrainingOptions { Attack = new() { Epsilon = text } }.AttackEpsilon());

    [Fact]
    public void Json_ThereAndBack_GivesEqualOptions()
    {
        var options = new TrainingOptions
        {
            Method = TrainingMethod.AfaTrades,
            Seed = ulong.MaxValue,
            Attack = new() { Epsilon = "8/255" },
            Head = new() { Images = HeadImages.Adversarial, Scope = HeadScope.FineTuned },
        };

        var json = JsonSerializer.Serialize(options, AfaJson.Options);

        Assert.Contains("\"method\": \"afa-trades\"", json, StringComparison.Ordinal);
        Assert.Equal(options, JsonSerializer.Deserialize<TrainingOptions>(json, AfaJson.Options));
    }

    [Fact]
    public void Json_UnknownName_IsRefused() =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<TrainingOptions>("""{"epoch": 3}""", AfaJson.Options));

    private static TrainingOptions Supcon() => new() { Method = TrainingMethod.Supcon, Augmentation = new() { HorizontalFlip = true } };

    private static List<ValidationResult> Problems(TrainingOptions options)
    {
        var problems = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), problems, validateAllProperties: true);
        return problems;
    }

    private static TrainingOptions Head(int epochs, int headEpochs, string milestones) => new()
    {
        Method = TrainingMethod.Afa,
        Epochs = epochs,
        Head = new() { Epochs = headEpochs },
        Optimizer = new() { Schedule = LearningRateScheduleKind.MultiStep, Milestones = milestones },
    };
}
