using Afa.Attacks;
using Afa.Losses;
using Afa.Models;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Training;

/// <summary>The attack inside training: PGD on the replica's own images, the model in evaluation mode.</summary>
internal sealed class InnerAttack
{
    /// <summary>Standard deviation of the start of TRADES and MART, as in the authors' code.</summary>
    private const double GaussianStart = 0.001;

    private readonly ImageClassifier _model;
    private readonly Pgd _pgd;
    private readonly AttackNorm _norm;
    private readonly double _epsilon;

    public InnerAttack(ImageClassifier model, TrainingOptions options)
    {
        _model = model;
        _norm = options.Attack.Norm;
        _epsilon = options.AttackEpsilon();
        _pgd = new Pgd(new PgdOptions
        {
            Norm = _norm,
            Epsilon = _epsilon,
            StepSize = options.Attack.RelativeStepSize * _epsilon,
            Steps = options.Attack.Steps,
        });
    }

    /// <summary>A point drawn uniformly in the ball around each image.</summary>
    public Tensor UniformStart(TrainingStep step) => SampleNoise.StartInBall(step.Images, step.SampleIds, _norm, _epsilon, step.NoiseSeed);

    /// <summary>A point close to each image.</summary>
    public static Tensor CloseStart(TrainingStep step) => SampleNoise.Gaussian(step.Images, step.SampleIds, GaussianStart, step.NoiseSeed);

    /// <summary>Images near the step's own that maximize an objective whose terms depend on one image each.</summary>
    public Tensor Maximize(TrainingStep step, Tensor start, Func<Tensor, Tensor> objective)
    {
        using var frozen = new FrozenWeights(_model, training: false);
        var images = _pgd.Perturb(objective, step.Images, start);
        step.Clock.Book(StepClock.Attack);
        return images;
    }

    /// <summary>Up the cross-entropy.</summary>
    public Tensor CrossEntropy(TrainingStep step, Tensor start) =>
        Maximize(step, start, x => functional.cross_entropy(_model.call(x), step.Labels, reduction: Reduction.Sum));

    /// <summary>Up the divergence from given predictions, which stay fixed: the attack of TRADES.</summary>
    /// <param name="cleanLogits">Logits of the step's images in evaluation mode.</param>
    public Tensor Divergence(TrainingStep step, Tensor start, Tensor cleanLogits) =>
        Maximize(step, start, x => TradesLoss.KlDivergence(cleanLogits, _model.call(x)));
}
