using System.Globalization;
using Afa.Attacks;
using Afa.Client.Options;
using Afa.Client.Output;
using Afa.Models;
using Afa.Training;
using Afa.Training.Methods;

namespace Afa.Client.Commands;

/// <summary>The options of <see cref="TrainingOptions"/> that have a flag of their own; --set reaches all others.</summary>
internal static class TrainingFlags
{
    public static IReadOnlyList<SettingOption> Create() => Create(new TrainingOptions());

    /// <param name="defaults">What help says the defaults are.</param>
    public static IReadOnlyList<SettingOption> Create(TrainingOptions defaults)
    {
        return
        [
            new("--dataset", "dataset", "NAME", $"One of {DatasetName.Choices}.", defaults.Dataset),
            new("--method", "method", "NAME", MethodHelp(defaults.Method)),
            new("--model", "model", "NAME", $"One of {ModelRegistry.Known}.", defaults.Model),
            new("--width", "modelWidth", "FACTOR", "Times the usual number of channels.", Text(defaults.ModelWidth)),
            new("--depth", "modelDepth", "N", "Layers of a wide-resnet or dm-wide-resnet."),
            new("--activation", "activation", SettingOption.Choices<Activation>(), "What follows each normalization; silu with the dm- networks only.", StatusText.Name(defaults.Activation)),
            new("--normalization-layer", "normalization.layer", SettingOption.Choices<NormalizationLayer>(), "Which layer normalizes activations.", StatusText.Name(defaults.Normalization.Layer)),
            new("--attack-normalization", "normalization.duringAttack", SettingOption.Choices<AttackNormalization>(), "Batch norm during the attack: running statistics, the batch's, or the batch's with the running ones left alone.", StatusText.Name(defaults.Normalization.DuringAttack)),
            new("--separate-normalization", "normalization.separate", "BOOL", "Batch norms of their own for clean images; those of adversarial images are evaluated.", "false"),
            new("--synchronize-normalization", "normalization.synchronized", "BOOL", "Batch norm's statistics over all trainers.", "false"),
            new("--compute", "compute", SettingOption.Choices<ComputePrecision>(), "Format in which the network computes in training.", StatusText.Name(defaults.Compute)),
            new("--epochs", "epochs", "N", "Passes over the training images; for afa and supcon, those of the feature pre-training.", Text(defaults.Epochs)),
            new("--head-epochs", "head.epochs", "N", "Passes of the linear head (afa, supcon).", Text(defaults.Head.Epochs)),
            new("--head-images", "head.images", SettingOption.Choices<HeadImages>(), "What the linear head is trained on (afa, supcon).", StatusText.Name(defaults.Head.Images)),
            new("--head-scope", "head.scope", SettingOption.Choices<HeadScope>(), "Whether training the head changes the features (afa, supcon).", StatusText.Name(defaults.Head.Scope)),
            new("--batch-size", "batchSize", "N", "Images of one step over all trainers.", Text(defaults.BatchSize)),
            new("--train-images", "trainImages", "N", "Size of a class-balanced random subset; 0 takes all.", Text(defaults.TrainImages)),
            new("--trainers", "trainers", "N", "Model replicas that share a step; a divisor of the shards.", Text(defaults.Trainers)),
            new("--elastic", "elastic", "BOOL", "Takes --trainers as the most: as many as fit the cluster's device slots, fewer when silos leave, more when they join. Weights then agree to rounding, not bit for bit.", "false"),
            new("--shards", "shards", "N", "Parts that the training images are split into.", Text(defaults.Shards)),
            new("--generated", "generated.path", "FILE", "Generated images to mix into every batch: an .npz file of image and label, or the folder that 'afa data convert' made of one."),
            new("--generated-fraction", "generated.fraction", "SHARE", "Their share of a batch; needs --generated.", Text(defaults.Generated.Fraction)),
            new("--learning-rate", "optimizer.learningRate", "RATE", "Peak of the schedule.", Text(defaults.Optimizer.LearningRate)),
            new("--schedule", "optimizer.schedule", SettingOption.Choices<LearningRateScheduleKind>(), "How the learning rate moves over a phase; optimizer.warmUpShare, milestones and gamma shape it.", StatusText.Name(defaults.Optimizer.Schedule)),
            new("--awp-gamma", "awpGamma", "SHARE", "Adversarial weight perturbation: how far weights move up the loss before each step, as a share of their norm; 0 is off, 0.005 usual.", Text(defaults.AwpGamma)),
            new("--epsilon", "attack.epsilon", "RADIUS", "Radius of the attack, such as 0.1 or 8/255, pixels in [0, 1]. Without it: the data set's usual one."),
            new("--attack-steps", "attack.steps", "N", "Steps of the attack inside training.", Text(defaults.Attack.Steps)),
            new("--norm", "attack.norm", SettingOption.Choices<AttackNorm>(), "How the attack's radius is measured.", StatusText.Name(defaults.Attack.Norm)),
            new("--temperature", "afa.temperature", "TAU", "Divides the cosine similarities of the AFA loss.", Text(defaults.Afa.Temperature)),
            new("--ema", "weightAverage", "DECAY", "Stores and evaluates a moving average of the weights, with this decay, such as 0.995; 0: the weights themselves.", Text(defaults.WeightAverage)),
            new("--validation-images", "validation.images", "N", "Training images to hold out and attack after each epoch, so that the best epoch is evaluated, such as 1024; 0: the last one is.", Text(defaults.Validation.Images)),
            new("--patience", "validation.patience", "N", "Ends the run when robust accuracy on the held-out images has not risen for so many epochs; 0: never.", Text(defaults.Validation.Patience)),
            new("--gradient-wire", "gradient.wire", SettingOption.Choices<ComputePrecision>(), "Format of the gradients that trainers on several silos send; bfloat16 carries its rounding errors into the next step.", StatusText.Name(defaults.Gradient.Wire)),
            new("--seed", "seed", "N", "The same seed gives the same weights.", Text(defaults.Seed)),
            SharedOptions.DataDirectory(),
        ];
    }

    private static string MethodHelp(TrainingMethod usual) =>
        $"What the run minimizes; without it {StatusText.Name(usual)}:\n" + string.Join('\n', Enum.GetValues<TrainingMethod>().Select(method => $"{StatusText.Name(method)}: {TrainingMethods.Get(method).Description}"));

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
