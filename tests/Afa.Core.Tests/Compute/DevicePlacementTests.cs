using Afa.Attacks;
using Afa.Compute;
using Afa.Data;
using Afa.Evaluation;
using Afa.Evaluation.Features;
using Afa.Losses;
using Afa.Models;
using Afa.Tests.Training;
using Afa.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Compute;

/// <summary>
/// No GPU is at hand. But whatever makes a tensor without saying where, as would be on the CPU when the others are on a GPU, makes it here on the device
/// "meta", which holds no numbers: what reads it or mixes it with other tensors fails. The setting is that of the process, so no other test may run meanwhile.
/// </summary>
[CollectionDefinition(nameof(DevicePlacementTests), DisableParallelization = true)]
[Collection(nameof(DevicePlacementTests))]
public sealed class DevicePlacementTests : IDisposable
{
    private const int Images = 4;
    private const double Epsilon = 0.1;

    private static readonly ApgdOptions s_apgd = new() { Iterations = 5 };

    private readonly DisposeScope _scope = NewDisposeScope();

    public DevicePlacementTests() => set_default_device(META);

    public static TheoryData<string, AttackNorm> Attacks => new(
        from norm in Enum.GetValues<AttackNorm>()
        from name in s_attacks.Keys.Concat(Enum.GetNames<CorruptionKind>())
        where norm != AttackNorm.L1 || name is not ("pgd" or "feature" or "deepfool")
        where norm == AttackNorm.L2 || name != "cw"
        where norm == AttackNorm.Linf || !Enum.TryParse<CorruptionKind>(name, out _)
        select (name, norm));

    private static Dictionary<string, Func<AttackNorm, IAttack>> s_attacks => new()
    {
        ["pgd"] = _ => new PgdAttack(new() { Steps = 2, Restarts = 2 }),
        ["feature"] = _ => new FeatureAttack(new() { Steps = 2 }),
        ["apgd-ce"] = norm => new Apgd(s_apgd with { UsesLargerRadii = norm == AttackNorm.L1, Restarts = 2 }),
        ["apgd-dlr"] = _ => new Apgd(s_apgd with { Loss = ApgdLoss.Dlr, EotSamples = 2 }),
        ["apgd-t"] = _ => new Apgd(s_apgd with { Loss = ApgdLoss.TargetedDlr, Targets = 2 }),
        ["fab"] = _ => new Fab(new() { Iterations = 2, Restarts = 2 }),
        ["fab-t"] = _ => new Fab(new() { Iterations = 2, IsTargeted = true, Targets = 2, FindsMinimumNorm = true }),
        ["square"] = _ => new Square(new() { Queries = 5 }),
        ["deepfool"] = _ => new DeepFool(new() { Steps = 2 }),
        ["cw"] = _ => new CarliniWagner(new() { SearchSteps = 2, Iterations = 10 }),
        ["transfer"] = _ => new TransferAttack(new Apgd(s_apgd)),
    };

    public void Dispose()
    {
        _scope.Dispose();
        set_default_device(CPU);
    }

    [Fact]
    public void ATensorWithoutAPlace_FailsWhereItIsUsed()
    {
        var (placed, unplaced) = (ones([2], device: CPU), ones(2));
        Assert.ThrowsAny<Exception>(() => placed + unplaced);
        Assert.ThrowsAny<Exception>(() => unplaced.sum().item<float>());
    }

    [Theory]
    [InlineData(TrainingMethod.Afa)]
    [InlineData(TrainingMethod.AfaTrades)]
    [InlineData(TrainingMethod.Ce)]
    [InlineData(TrainingMethod.PgdAt)]
    [InlineData(TrainingMethod.Trades)]
    [InlineData(TrainingMethod.Mart)]
    [InlineData(TrainingMethod.Supcon)]
    [InlineData(TrainingMethod.FastAt)]
    [InlineData(TrainingMethod.FreeAt)]
    [InlineData(TrainingMethod.AfaTrades, "resnet-18")]
    [InlineData(TrainingMethod.Trades, "resnet-18", true)]
    public async Task Training_OfTwoTrainers_SaysWhereEachTensorIs(TrainingMethod method, string model = "small-cnn", bool isSynchronized = false)
    {
        var options = new TrainingOptions
        {
            Method = method,
            Model = model,
            ModelWidth = 0.0625,
            BatchSize = 2 * Images,
            Epochs = 1,
            Attack = new() { Steps = 2, Norm = method == TrainingMethod.PgdAt ? AttackNorm.L2 : AttackNorm.Linf, Epsilon = "0.1" },
            Head = new() { Epochs = 1, Images = HeadImages.Adversarial },
            FreeReplays = 2,
            AwpGamma = method is TrainingMethod.AfaTrades or TrainingMethod.Mart ? 0.01 : 0,
            AfaImages = AfaImages.Afa,
            WeightAverage = 0.9,
            LabelSmoothing = method == TrainingMethod.Mart ? 0 : 0.1,
            Optimizer = new() { Nesterov = true, WeightDecay = 1e-4, GradientClip = 1 },
            Normalization = new() { Synchronized = isSynchronized },
            Validation = new() { Images = Images, Steps = 2 },
        };
        var plan = new TrainingPlan(options, smallestShard: options.BatchSize);
        DeviceWorker[] workers = [.. Enumerable.Range(0, 2).Select(rank => new DeviceWorker($"test-{rank}", CPU, threads: 1))];
        try
        {
            await Task.WhenAll(ThreadCollective.Create(2).Select(collective => workers[collective.Rank].RunAsync(() => Train(options, plan, collective))));
        }
        finally
        {
            Array.ForEach(workers, worker => worker.Dispose());
        }
    }

    [Theory]
    [MemberData(nameof(Attacks))]
    public void Attack_SaysWhereEachTensorIs(string name, AttackNorm norm)
    {
        var attack = Enum.TryParse<CorruptionKind>(name, out var kind) ? new Corruption(kind, severity: 3) : s_attacks[name](norm);
        var options = new ModelOptions { WidthFactor = 0.0625, Channels = 3, Height = 16, Width = 16, Mean = [0.5, 0.5, 0.5], StandardDeviation = [0.2, 0.2, 0.2] };
        using var model = Frozen(options, seed: 1);
        using var source = Frozen(options, seed: 2);
        var batch = Batch(3, 16);
        var images = batch.ToTensor(CPU);
        using var noGradients = no_grad();
        var labels = model.call(images).argmax(1);

        var outcome = attack.Run(new AttackInput
        {
            Model = model,
            Images = images,
            Labels = labels,
            SampleIds = batch.SampleIds,
            Norm = norm,
            Epsilon = Epsilon,
            Seed = 0,
            BatchSize = 3,
            Reference = new LabeledImages(images, labels),
            Source = source,
        });

        Assert.True(outcome.Adversarial.isfinite().all().item<bool>());
    }

    [Fact]
    public void Evaluation_SaysWhereEachTensorIs()
    {
        using var model = ModelRegistry.Create(new ModelOptions { WidthFactor = 0.0625 }, seed: 1);
        var batch = Batch(1, 28);
        var dataset = DatasetRegistry.Get("fashion-mnist");
        var options = new EvaluationOptions { SaveAdversarial = true };
        var evaluator = new UnitEvaluator(model, dataset, AttackCascade.Parse(["fgsm+pgd-2"], options.Norm), options, new Dictionary<string, ImageClassifier>(), batch, CPU);

        var unit = EvaluationUnit.Plan(1, 1, Images, 1)[0];
        var (_, pixels) = evaluator.Evaluate(unit, batch, Epsilon, examples: 2, _ => { }, CancellationToken.None);

        Assert.Equal(Images * batch.ImageSize, pixels.Length);
        Assert.NotEmpty(ModelSummary.Of(model).Layers);
        var two = dataset with { ClassNames = ["even", "odd"] };
        Assert.NotNull(new FeatureAnalyzer(model, AttackNorm.Linf, Epsilon, seed: 0, CPU).Analyze(batch, batch, two, _ => { }, CancellationToken.None));
    }

    [Fact]
    public void Losses_OnAnotherDevice_StayThere()
    {
        // Here it is the other way around: all is on "meta", and what is put on the CPU would fail. The other losses need what "meta" cannot do, negation or choice.
        var (logits, labels) = (rand(4, 10, device: META), zeros([4], ScalarType.Int64, META));
        Tensor[] losses = [TradesLoss.Compute(logits, logits + 1, labels, 6, 0.1, 4), MarginLoss.PerSample(logits, labels), DlrLoss.Targeted(logits, labels, labels + 1)];
        Assert.All(losses, loss => Assert.Equal(DeviceType.META, loss.device_type));
    }

    [Theory]
    [InlineData(AttackNorm.Linf)]
    [InlineData(AttackNorm.L2)]
    public void StartsAndSteps_OnAnotherDevice_StayThere(AttackNorm norm)
    {
        using var noGradients = no_grad();
        var images = rand(4, 3, 8, 8, device: META);
        int[] samples = [0, 1, 2, 3];
        var start = SampleNoise.StartInBall(images, samples, norm, Epsilon, seed: 0);
        Assert.Equal(DeviceType.META, SampleNoise.Gaussian(images, samples, 0.001, seed: 0).device_type);
        Assert.Equal(DeviceType.META, SampleNoise.StartFarAway(images, [0, 1, 2, 3], norm, rand(4, device: META)).device_type);

        new PerturbationBall(images, norm, Epsilon).Ascend(start, images, stepSize: 0.1);
        Assert.Equal(DeviceType.META, start.device_type);
        Assert.Equal(DeviceType.META, Batch(1, 8).ToTensor(META).device_type);
        Assert.Equal(DeviceType.META, Batch(1, 8).LabelsTensor(META).device_type);
    }

    private static void Train(TrainingOptions options, TrainingPlan plan, ThreadCollective collective)
    {
        using var trainer = new Trainer(options, collective, CPU);
        var batch = Batch(1, 28);
        for (var step = 0; step < plan.Steps; step++)
        {
            trainer.Step(plan.At(step), batch);
        }

        var state = new Afa.Checkpoints.CheckpointState { Run = "run", Phase = trainer.Phase, Epoch = 0, Step = plan.Steps, ModelOptions = trainer.Model.Options, CreatedAt = DateTimeOffset.UnixEpoch };
        TrainerCheckpoint.Restore(trainer, TrainerCheckpoint.Capture(trainer, state));
        using var evaluated = trainer.ShowEvaluatedWeights();
        Assert.Equal(Images, RobustValidation.Count(trainer.Model, batch, options, epoch: 0, CPU).Images);
    }

    private static ImageClassifier Frozen(ModelOptions options, ulong seed)
    {
        var model = ModelRegistry.Create(options, seed);
        model.eval();
        foreach (var parameter in model.parameters())
        {
            parameter.requires_grad = false;
        }

        return model;
    }

    private static ImageBatch Batch(int channels, int side)
    {
        var pixels = new byte[Images * channels * side * side];
        new Random(1).NextBytes(pixels);
        return new ImageBatch(pixels, [0, 1, 0, 1], [0, 1, 2, 3], channels, side, side);
    }
}
