using Afa.Attacks;
using Afa.Losses;
using Afa.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Training;

/// <summary>The attack inside training: PGD on the replica's own images, with batch norm as the options say.</summary>
internal sealed class InnerAttack
{
    /// <summary>Standard deviation of the start of TRADES and MART, as in the authors' code.</summary>
    private const double GaussianStart = 0.001;

    /// <summary>Step of the attack of Fast AT as a share of epsilon: Wong et al. 2020, section 5.</summary>
    private const double FastStepSize = 1.25;

    private readonly ImageClassifier _model;
    private readonly Pgd _pgd;
    private readonly Pgd _oneStep;
    private readonly AttackNorm _norm;
    private readonly double _epsilon;
    private readonly AttackNormalization _normalization;

    public InnerAttack(ImageClassifier model, TrainingOptions options)
    {
        _model = model;
        _norm = options.Attack.Norm;
        _epsilon = options.AttackEpsilon();
        _normalization = options.Normalization.DuringAttack;
        _pgd = Create(options.Attack.Steps, options.Attack.RelativeStepSize);
        _oneStep = Create(1, FastStepSize);
    }

    /// <summary>What batch norm does in an attack and in what prepares it. A model in evaluation mode, such as one whose head alone is trained, stays in it.</summary>
    public AttackNormalization Normalization => _model.training ? _normalization : AttackNormalization.Eval;

    /// <summary>A point drawn uniformly in the ball around each image.</summary>
    public Tensor UniformStart(TrainingStep step) => SampleNoise.StartInBall(step.Images, step.SampleIds, _norm, _epsilon, step.NoiseSeed);

    /// <summary>A point close to each image.</summary>
    public static Tensor CloseStart(TrainingStep step) => SampleNoise.Gaussian(step.Images, step.SampleIds, GaussianStart, step.NoiseSeed);

    /// <summary>Images near the step's own that maximize an objective whose terms depend on one image each.</summary>
    public Tensor Maximize(TrainingStep step, Tensor start, Func<Tensor, Tensor> objective) => Maximize(_pgd, step, start, objective);

    /// <summary>Up the cross-entropy.</summary>
    public Tensor CrossEntropy(TrainingStep step, Tensor start) => Maximize(_pgd, step, start, x => CrossEntropySum(x, step));

    /// <summary>One step of 1.25 epsilon up the cross-entropy: the attack of Fast AT.</summary>
    public Tensor FastCrossEntropy(TrainingStep step, Tensor start) => Maximize(_oneStep, step, start, x => CrossEntropySum(x, step));

    /// <summary>Up the divergence from given predictions, which stay fixed: the attack of TRADES.</summary>
    /// <param name="cleanLogits">Logits of the step's images as the attack sees them.</param>
    public Tensor Divergence(TrainingStep step, Tensor start, Tensor cleanLogits) =>
        Maximize(_pgd, step, start, x => TradesLoss.KlDivergence(cleanLogits, _model.call(x)));

    /// <summary>Images one step of length epsilon up a gradient that is at hand: the attack of Free AT.</summary>
    /// <param name="from">Images in the ball around the step's own; not changed.</param>
    public Tensor Ascend(TrainingStep step, Tensor from, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var images = from.detach().clone();
        new PerturbationBall(step.Images, _norm, _epsilon).Ascend(images, gradient, _epsilon);
        step.Clock.Book(StepClock.Attack);
        return images.MoveToOuterDisposeScope();
    }

    private Tensor Maximize(Pgd pgd, TrainingStep step, Tensor start, Func<Tensor, Tensor> objective)
    {
        using var frozen = new FrozenWeights(_model, Normalization);
        var images = pgd.Perturb(objective, step.Images, start);
        step.Clock.Book(StepClock.Attack);
        return images;
    }

    private Tensor CrossEntropySum(Tensor images, TrainingStep step) => functional.cross_entropy(_model.call(images), step.Labels, reduction: Reduction.Sum);

    private Pgd Create(int steps, double relativeStepSize) => new(new PgdOptions { Norm = _norm, Epsilon = _epsilon, StepSize = relativeStepSize * _epsilon, Steps = steps });
}
