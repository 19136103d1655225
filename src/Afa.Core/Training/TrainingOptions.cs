using System.ComponentModel.DataAnnotations;
using Afa.Data;
using Afa.Losses;
using Afa.Models;

namespace Afa.Training;

/// <summary>Everything that decides a training run. The defaults train AFA on Fashion-MNIST in minutes on two cores.</summary>
public sealed record TrainingOptions : IValidatableObject
{
    public TrainingMethod Method { get; init; } = TrainingMethod.Afa;

    /// <summary>Name from <see cref="DatasetRegistry"/>, or the path of a folder of images or of converted files.</summary>
    public string Dataset { get; init; } = "fashion-mnist";

    /// <summary>Folder with the data set's files; null searches the usual places.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>
    /// Classes, channels, height and width of the images, such as <c>10x3x32x32</c>, where <see cref="Dataset"/> is the path of folders that are not here but with the owners of a
    /// federation; null: as the data set says.
    /// </summary>
    public string? ImageShape { get; init; }

    /// <summary>Size of a class-balanced random subset of the training images; 0 takes all.</summary>
    public int TrainImages { get; init; } = 20_000;

    /// <summary>Name from <see cref="ModelRegistry"/>, or a short form such as wrn-28-10.</summary>
    public string Model { get; init; } = "small-cnn";

    /// <summary>Times the usual number of channels.</summary>
    public double ModelWidth { get; init; } = 1;

    /// <summary>Number of layers of a WideResNet; null for that of the name, or the usual one.</summary>
    public int? ModelDepth { get; init; }

    /// <summary>What follows each normalization of the network.</summary>
    public Activation Activation { get; init; } = Activation.Relu;

    public NormalizationOptions Normalization { get; init; } = new();

    /// <summary>Format in which the network computes in training. Weights, optimizer and losses are float32 in any case, and so is evaluation.</summary>
    public ComputePrecision Compute { get; init; } = ComputePrecision.Float32;

    /// <summary>How the first weights are drawn; null: as is best for the method (<see cref="Methods.MethodDescription.Initialization"/>).</summary>
    public WeightInitialization? Initialization { get; init; }

    /// <summary>Passes over the training images; for AFA and SupCon, those of the feature pre-training.</summary>
    public int Epochs { get; init; } = 5;

    /// <summary>Images of one step over all trainers.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>How many parts the training images are split into; each trainer owns one or more.</summary>
    public int Shards { get; init; } = 2;

    /// <summary>Model replicas that share a step. A divisor of <see cref="Shards"/>.</summary>
    public int Trainers { get; init; } = 2;

    /// <summary>
    /// Whether <see cref="Trainers"/> is only the most: a run then has as many as fit the device slots that the cluster has (<see cref="ElasticTrainers"/>), fewer when silos
    /// leave, more when they join.
    /// </summary>
    /// <remarks>
    /// The number changes between steps, at a checkpoint. Shards, batches and all draws stay, and the reduced gradient is the same to the rounding of its sums, so weights agree to rounding with those of an
    /// undisturbed run, not bit for bit. With batch norm that is not <see cref="NormalizationOptions.Synchronized"/> they do not: each trainer normalizes by
    /// its own images, which are more where there are fewer trainers, and they take more memory.
    /// </remarks>
    public bool Elastic { get; init; }

    /// <summary>How the images are dealt to the shards.</summary>
    public ShardPlanKind ShardPlan { get; init; } = ShardPlanKind.ClassBalanced;

    /// <summary>α of <see cref="ShardPlanKind.Dirichlet"/>. Each shard then has at least its images of one step; an epoch ends with the smallest.</summary>
    public double DirichletAlpha { get; init; } = new DirichletOptions().Alpha;

    /// <summary>Generated images in every batch. An epoch has as many steps as it would have without them.</summary>
    public GeneratedOptions Generated { get; init; } = new();

    public OptimizerOptions Optimizer { get; init; } = new();

    public GradientOptions Gradient { get; init; } = new();

    public InnerAttackOptions Attack { get; init; } = new();

    public AfaLossOptions Afa { get; init; } = new();

    /// <summary>λ, the weight of the AFA loss in <see cref="TrainingMethod.AfaTrades"/>.</summary>
    public double AfaWeight { get; init; } = 0.5;

    /// <summary>β of TRADES.</summary>
    public double TradesBeta { get; init; } = 6;

    /// <summary>Where the attack of TRADES starts.</summary>
    public TradesStart TradesStart { get; init; } = TradesStart.Gaussian;

    /// <summary>Whether the clean prediction in TRADES' divergence is trained too.</summary>
    public TradesTarget TradesTarget { get; init; } = TradesTarget.Attached;

    /// <summary>Which adversarial images the AFA term of <see cref="TrainingMethod.AfaTrades"/> is computed on.</summary>
    public AfaImages AfaImages { get; init; } = AfaImages.Trades;

    /// <summary>Weight of the divergence in MART, λ in the paper and β in its code.</summary>
    public double MartBeta { get; init; } = 6;

    /// <summary>τ of SupCon.</summary>
    public double SupconTemperature { get; init; } = 0.1;

    /// <summary>How often Free AT uses each batch, m in the paper.</summary>
    public int FreeReplays { get; init; } = 4;

    /// <summary>γ of adversarial weight perturbation in the first phase, as a share of each weight tensor's norm; 0 switches it off. The authors use 0.005 with TRADES, 0.01 with PGD-AT.</summary>
    public double AwpGamma { get; init; }

    /// <summary>Epochs before adversarial weight perturbation begins.</summary>
    public int AwpWarmup { get; init; }

    /// <summary>Share of the label spread evenly over all classes in cross-entropies: of AFA and SupCon that of the head.</summary>
    public double LabelSmoothing { get; init; }

    public HeadOptions Head { get; init; } = new();

    /// <summary>τ of <see cref="Training.WeightAverage"/>, whose weights are then those that are stored and evaluated; 0 switches it off, 0.995 is usual.</summary>
    public double WeightAverage { get; init; }

    public ValidationOptions Validation { get; init; } = new();

    public AugmentationOptions Augmentation { get; init; } = new();

    /// <summary>A checkpoint is written after every so many epochs, at the end of a phase and on a pause.</summary>
    public int CheckpointEveryEpochs { get; init; } = 1;

    public ulong Seed { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var part in new object[] { Optimizer, Gradient, Attack, Afa, Head, Validation, Augmentation, Generated })
        {
            var found = new List<ValidationResult>();
            Validator.TryValidateObject(part, new ValidationContext(part), found, validateAllProperties: true);
            foreach (var problem in found)
            {
                yield return problem;
            }
        }

        if (!Enum.IsDefined(Method))
        {
            yield return new($"Unknown method '{Method}'; known: {string.Join(", ", Enum.GetNames<TrainingMethod>())}.", [nameof(Method)]);
            yield break;   // What else is wrong depends on the method.
        }

        DatasetDescription? dataset = null;
        if (this.ImageShapeProblem() is { } shapeProblem)
        {
            yield return new(shapeProblem, [nameof(ImageShape)]);
        }
        else if (ImageShape is not null)
        {
            dataset = this.DatasetDescription();
        }
        else if (DatasetRegistry.Problem(Dataset, out dataset) is { } datasetProblem)
        {
            yield return new(datasetProblem, [nameof(Dataset)]);
        }

        if (DataDirectory is not null && DatasetRegistry.IsPath(Dataset))
        {
            yield return new($"DataDirectory says where the files of a data set with a name are; '{Dataset}' is a path already.", [nameof(DataDirectory)]);
        }

        if (!ModelRegistry.IsKnown(Model))
        {
            yield return new($"Unknown model '{Model}'; known: {ModelRegistry.Known}.", [nameof(Model)]);
        }
        else if (ModelRegistry.DepthProblem(Model, ModelDepth) is { } depthProblem)
        {
            yield return new($"ModelDepth: {depthProblem}", [nameof(ModelDepth)]);
        }
        else if (Normalization.Problems(Model).ToList() is { Count: > 0 } problems)
        {
            foreach (var unfit in problems)
            {
                yield return unfit;
            }
        }
        else if (dataset is not null)
        {
            var model = this.ModelOptions();
            var found = new List<ValidationResult>();
            Validator.TryValidateObject(model, new ValidationContext(model), found, validateAllProperties: true);
            foreach (var problem in found)
            {
                yield return new($"Model: {problem.ErrorMessage}", problem.MemberNames);
            }
        }

        if (!Enum.IsDefined(Compute))
        {
            yield return new($"Compute must be float32 or bfloat16, not {Compute}.", [nameof(Compute)]);
        }

        if (Epochs is < 1 or > 100_000)
        {
            yield return new($"Epochs must be in [1, 100000], not {Epochs}.", [nameof(Epochs)]);
        }

        if (TrainImages < 0)
        {
            yield return new($"TrainImages must be 0 (all) or more, not {TrainImages}.", [nameof(TrainImages)]);
        }

        if (Shards is < 1 or > 4096)
        {
            yield return new($"Shards must be in [1, 4096], not {Shards}.", [nameof(Shards)]);
        }
        else if (Trainers < 1 || Shards % Trainers != 0)
        {
            yield return new($"Trainers must divide Shards ({Shards}), so that each trainer owns as many; {Trainers} does not.", [nameof(Trainers)]);
        }
        else if (BatchSize < Shards || BatchSize % Shards != 0 || BatchSize > 65_536)
        {
            yield return new($"BatchSize must be a multiple of Shards ({Shards}) up to 65536, not {BatchSize}.", [nameof(BatchSize)]);
        }
        else if (TrainImages > 0 && TrainImages < BatchSize)
        {
            yield return new($"TrainImages must be at least BatchSize ({BatchSize}), not {TrainImages}.", [nameof(TrainImages)]);
        }

        if (BatchSize < 2 && Shards < 2)
        {
            yield return new($"BatchSize must be at least 2, not {BatchSize}: one image has nothing to be compared with.", [nameof(BatchSize)]);
        }

        if (DirichletOptions.AlphaProblem(DirichletAlpha) is { } alphaProblem)
        {
            yield return new(alphaProblem, [nameof(DirichletAlpha)]);
        }

        if (ShardPlan == ShardPlanKind.Stored && TrainImages != 0)
        {
            yield return new($"ShardPlan 'stored' takes the files as they are, so TrainImages must be 0 (all), not {TrainImages}.", [nameof(TrainImages)]);
        }

        var perShard = Shards >= 1 ? BatchSize / Shards : 0;
        if (Generated is { Path: not null, Fraction: > 0 and < 1 } && perShard >= 1 && (Generated.Originals(perShard) < 1 || Generated.Originals(perShard) == perShard))
        {
            yield return new(
                $"Generated.Fraction {Generated.Fraction} of the {perShard} images that a step takes from each shard leaves {Generated.Originals(perShard)} original ones; " +
                "each shard must give at least one of each kind. Use a larger batch or fewer shards.", [nameof(Generated)]);
        }

        if (AfaWeight is not (>= 0 and <= 1000))
        {
            yield return new($"AfaWeight must be in [0, 1000], not {AfaWeight}.", [nameof(AfaWeight)]);
        }

        if (TradesBeta is not (>= 0 and <= 1000))
        {
            yield return new($"TradesBeta must be in [0, 1000], not {TradesBeta}.", [nameof(TradesBeta)]);
        }

        if (MartBeta is not (>= 0 and <= 1000))
        {
            yield return new($"MartBeta must be in [0, 1000], not {MartBeta}.", [nameof(MartBeta)]);
        }

        if (SupconTemperature is not (> 0 and <= 100))
        {
            yield return new($"SupconTemperature must be in (0, 100], not {SupconTemperature}; 0.1 is usual.", [nameof(SupconTemperature)]);
        }

        if (FreeReplays is < 1 or > 100)
        {
            yield return new($"FreeReplays must be in [1, 100], not {FreeReplays}.", [nameof(FreeReplays)]);
        }

        if (AwpGamma is not (>= 0 and <= 1))
        {
            yield return new($"AwpGamma must be in [0, 1], not {AwpGamma}; 0.005 is usual with TRADES.", [nameof(AwpGamma)]);
        }

        if (AwpWarmup < 0)
        {
            yield return new($"AwpWarmup must be 0 or more epochs, not {AwpWarmup}.", [nameof(AwpWarmup)]);
        }

        foreach (var problem in OptionFit.Problems(this))
        {
            yield return problem;
        }

        if (LabelSmoothing is not (>= 0 and < 1))
        {
            yield return new($"LabelSmoothing must be in [0, 1), not {LabelSmoothing}.", [nameof(LabelSmoothing)]);
        }

        if (WeightAverage is not (>= 0 and < 1))
        {
            yield return new($"WeightAverage must be in [0, 1), not {WeightAverage}; 0 switches it off.", [nameof(WeightAverage)]);
        }

        if (CheckpointEveryEpochs < 1)
        {
            yield return new($"CheckpointEveryEpochs must be at least 1, not {CheckpointEveryEpochs}.", [nameof(CheckpointEveryEpochs)]);
        }
    }
}
