using System.ComponentModel.DataAnnotations;
using System.Runtime.InteropServices;
using Afa.Losses;
using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>
/// Finds a small L2 perturbation: Carlini and Wagner 2017 (arXiv:1608.04644), section VI.A, untargeted with confidence κ = 0.
/// Minimizes ‖x' − x‖² + c · f(x'), f = max(z_y − max_{i≠y} z_i, 0), over w with x' = (tanh(w) + 1) / 2, by Adam, and searches for c.
/// </summary>
/// <remarks>
/// Each sample has its own c, Adam state and iteration count, so that it does not depend on the batch; a search step that makes no
/// progress is given up for its sample alone, where the authors' code waits for the sum over the batch. For the defaults see <see cref="CarliniWagnerOptions"/>.
/// </remarks>
public sealed class CarliniWagner : IAttack
{
    private const double FirstMomentDecay = 0.9;
    private const double SecondMomentDecay = 0.999;
    private const double AdamEpsilon = 1e-8;
    private const double Shrinkage = 0.999999;   // Keeps artanh finite at black and white, as in the authors' code.

    // States of a row: w, Adam's moments, and the nearest adversarial image so far.
    private const int W = 0;
    private const int FirstMoment = 1;
    private const int SecondMoment = 2;
    private const int Nearest = 3;

    private readonly CarliniWagnerOptions _options;

    /// <exception cref="ValidationException">An option is out of range.</exception>
    public CarliniWagner(CarliniWagnerOptions options)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        _options = options;
    }

    /// <inheritdoc/>
    /// <remarks>Returns the nearest adversarial image where it lies in the ball; distances are reported however large.</remarks>
    /// <exception cref="ArgumentException">The norm is not L2.</exception>
    public AttackOutcome Run(AttackInput input)
    {
        if (input.Norm != AttackNorm.L2)
        {
            throw new ArgumentException($"The Carlini-Wagner attack works in L2, not in {input.Norm}.", nameof(input));
        }

        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var adversarial = input.Images.clone();
        var distances = new double[input.Images.shape[0]];
        using var batch = new RowBatch<CarliniWagnerSearch>(input, states: 4, passes: 2, sample => new CarliniWagnerSearch(_options, sample));
        while (batch.Count > 0)
        {
            Iterate(input, batch);
            var finished = batch.Rows.Where(search => search.IsFinished).ToList();
            if (finished.Count > 0)
            {
                var broken = TakeNearest(input, batch, adversarial, distances);
                input.Finished?.Invoke(finished.Count, broken);
            }

            batch.Refill(search => search.IsFinished);
        }

        return new AttackOutcome(adversarial.MoveToOuterDisposeScope()) { Distances = distances };
    }

    /// <summary>Judges the present image of each row and takes one step of Adam.</summary>
    private void Iterate(AttackInput input, RowBatch<CarliniWagnerSearch> batch)
    {
        using var scope = NewDisposeScope();
        if (batch.Rows.Any(search => search.Iteration == 0))
        {
            Begin(batch);
        }

        var weights = batch.Column(search => search.Weight).reshape(-1);
        (Tensor Images, Tensor Numbers) present = (null!, null!);   // The objective sets them.
        var gradient = InputGradient.Of(
            w =>
            {
                using var objectiveScope = NewDisposeScope();
                var images = (w.tanh() + 1) / 2;
                var logits = input.Model.call(images);                                                        // [row, class]
                var squares = (images - batch.Images).square().sum([1, 2, 3]);                                // [row]
                var objective = squares - weights * MarginLoss.PerSample(logits, batch.Labels).clamp(max: 0);             // [row]
                var isWrong = logits.argmax(1).ne(batch.Labels);
                present = (images.detach().DetachFromDisposeScope(), stack([squares, objective, isWrong.to(squares.dtype)]).detach().to(ScalarType.Float64).cpu().DetachFromDisposeScope());
                return objective.sum().MoveToOuterDisposeScope();
            },
            batch.States[W]);
        using var presentImages = present.Images;
        using var presentNumbers = present.Numbers;

        Step(batch, gradient);
        var numbers = MemoryMarshal.Cast<byte, double>(presentNumbers.bytes).ToArray();
        var nearer = new List<int>();
        for (var row = 0; row < batch.Count; row++)
        {
            if (batch.Rows[row].Judge(numbers[row], numbers[batch.Count + row], numbers[(2 * batch.Count) + row] != 0))
            {
                nearer.Add(row);
            }
        }

        batch.CopyRows(presentImages, Nearest, nearer);
    }

    /// <summary>Sets rows that begin a search step to their clean images, and Adam to zero.</summary>
    private static void Begin(RowBatch<CarliniWagnerSearch> batch)
    {
        using var scope = NewDisposeScope();
        var isNew = batch.Column(search => search.Iteration == 0 ? 1 : 0).to(ScalarType.Bool);
        var zero = zeros_like(batch.Images);
        batch.Set(W, where(isNew, ((batch.Images * 2 - 1) * Shrinkage).arctanh(), batch.States[W]));
        batch.Set(FirstMoment, where(isNew, zero, batch.States[FirstMoment]));
        batch.Set(SecondMoment, where(isNew, zero, batch.States[SecondMoment]));
    }

    /// <summary>Kingma and Ba 2015 (arXiv:1412.6980), algorithm 1, with an iteration count for each row.</summary>
    private void Step(RowBatch<CarliniWagnerSearch> batch, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        var first = batch.States[FirstMoment].mul_(FirstMomentDecay).add_(gradient, alpha: 1 - FirstMomentDecay);
        var second = batch.States[SecondMoment].mul_(SecondMomentDecay).addcmul_(gradient, gradient, 1 - SecondMomentDecay);
        var length = batch.Column(search => _options.LearningRate / (1 - Math.Pow(FirstMomentDecay, search.Iteration + 1)));
        var correction = batch.Column(search => 1 / Math.Sqrt(1 - Math.Pow(SecondMomentDecay, search.Iteration + 1)));
        batch.States[W].sub_(length * first / (second.sqrt() * correction + AdamEpsilon));
    }

    /// <summary>Stores what finished rows found.</summary>
    /// <returns>How many of them found an image in the ball.</returns>
    private static int TakeNearest(AttackInput input, RowBatch<CarliniWagnerSearch> batch, Tensor adversarial, double[] distances)
    {
        using var scope = NewDisposeScope();
        var norms = PerturbationNorm.Of(batch.States[Nearest] - batch.Images, AttackNorm.L2).to(ScalarType.Float64).cpu();
        var sizes = MemoryMarshal.Cast<byte, double>(norms.bytes).ToArray();
        var inBall = new List<long>();
        foreach (var (search, row) in batch.Rows.Select((search, row) => (search, row)).Where(entry => entry.search.IsFinished))
        {
            distances[search.Sample] = search.HasFound ? sizes[row] : double.PositiveInfinity;
            if (distances[search.Sample] <= input.Epsilon)
            {
                inBall.Add(row);
            }
        }

        var samples = inBall.Select(row => (long)batch.Rows[(int)row].Sample).ToArray();
        adversarial.index_copy_(0, tensor(samples, device: adversarial.device), batch.States[Nearest].index_select(0, tensor(inBall.ToArray(), device: adversarial.device)));
        return inBall.Count;
    }
}
