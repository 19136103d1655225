using System.ComponentModel.DataAnnotations;
using Afa.Compute;
using Afa.Losses;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Attacks;

/// <summary>
/// Auto-PGD: Croce and Hein 2020 (arXiv:2003.01690), algorithm 1; in L1 the variant of Croce and Hein 2021 (arXiv:2103.01208), algorithm 1.
/// Steps, schedule and constants are those of the authors' code (AutoAttack, commit a392200).
/// </summary>
/// <remarks>
/// Departures from that code. A sample leaves with the first point that the model gets wrong, and another takes its place in the batch; there the
/// batch goes on to the last iteration, and the sample's last such point is returned. Whether a sample is broken is the same. Starting points
/// depend on seed, run and sample only. In L1 a pixel that the projection sets back counts as unchanged; there rounding may leave it changed by a unit
/// in the last place. With <see cref="ApgdOptions.EotSamples"/> above 1, loss and class are those of the last sample, as there.
/// </remarks>
public sealed class Apgd : IAttack
{
    // States of a row.
    private const int Point = 0;
    private const int Previous = 1;
    private const int Gradient = 2;
    private const int Best = 3;
    private const int BestGradient = 4;
    private const int States = 5;

    /// <summary>Weight of the present step; the rest goes to the movement before it.</summary>
    private const double StepWeight = 0.75;

    private readonly ApgdOptions _options;

    /// <exception cref="ValidationException">An option is out of range.</exception>
    public Apgd(ApgdOptions options)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        _options = options;
    }

    /// <summary>Set by tests only.</summary>
    internal ApgdTrace? Trace { get; init; }

    /// <inheritdoc/>
    /// <returns>
    /// Images in [0, 1], and in the ball up to the rounding of pixels: for Linf a unit in the last place of a pixel, for L2 and L1 a relative 1e-6
    /// unless ε is so small, or the image so large, that a unit in the last place of every pixel is more.
    /// </returns>
    public AttackOutcome Run(AttackInput input)
    {
        Check(input);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var adversarial = input.Images.detach().clone();
        var targets = _options.Loss == ApgdLoss.TargetedDlr ? TargetsOf(input) : null;
        var runs = _options.Restarts * (targets is null ? 1 : _options.Targets);
        var phases = Phases(input.Epsilon);
        var zeroGradients = 0;

        using var batch = new RowBatch<ApgdRow>(input, States, 2 * _options.EotSamples, sample => new ApgdRow(sample, runs, phases, (phase, startLoss, changedPixels) => StepSize(input, phase, startLoss, changedPixels)));
        while (batch.Count > 0)
        {
            using var tick = NewDisposeScope();
            PlaceStarts(input, batch);
            var (losses, isCorrect) = Evaluate(input, batch, targets);
            zeroGradients += CountZeroGradients(batch);

            var wereBroken = batch.Rows.Select(row => row.IsBroken).ToArray();
            CopyBest(batch, Rows(batch, row => batch.Rows[row].Record(losses[row], isCorrect[row])));
            var broken = Rows(batch, row => batch.Rows[row].IsBroken && !wereBroken[row]);
            KeepAdversarial(adversarial, batch, broken);
            for (var row = 0; Trace?.Observe is not null && row < batch.Count; row++)
            {
                var state = batch.Rows[row];
                Trace.Observe(state.Sample, state.Iteration, losses[row], isCorrect[row], state.StepSize?.StepSize ?? 0);
            }

            var changedPixels = ChangedPixels(input, batch);
            var returning = Rows(batch, row => batch.Rows[row].Advance(changedPixels[row]));
            batch.CopyRows(batch.States[Best], Point, returning);
            batch.CopyRows(batch.States[BestGradient], Gradient, returning);
            Step(input, batch);

            var finished = batch.Rows.Count(IsFinished);
            if (finished > 0)
            {
                input.Finished?.Invoke(finished, batch.Rows.Count(row => IsFinished(row) && row.IsBroken));
            }

            batch.Refill(IsFinished);
        }

        return new AttackOutcome(adversarial.MoveToOuterDisposeScope()) { ZeroGradients = zeroGradients };
    }

    private bool IsFinished(ApgdRow row) => row.IsExhausted || (row.IsBroken && Trace?.Observe is null);

    private void Check(AttackInput input)
    {
        input.Check();

        if (_options.UsesLargerRadii && input.Norm != AttackNorm.L1)
        {
            throw new ArgumentException($"UsesLargerRadii is for L1, not {input.Norm}; leave it off.", nameof(input));
        }

        var classes = input.Model.Options.Classes;
        var needed = _options.Loss switch
        {
            ApgdLoss.TargetedDlr => Math.Max(DlrLoss.LeastClassesTargeted, _options.Targets + 1),
            ApgdLoss.Dlr => DlrLoss.LeastClasses,
            _ => 1,
        };
        if (classes < needed)
        {
            var targets = _options.Loss == ApgdLoss.TargetedDlr ? $" with {_options.Targets} targets" : "";
            var advice = classes >= DlrLoss.LeastClassesTargeted ? $"set Targets to {classes - 1} or less" : $"use the loss {ApgdLoss.CrossEntropy}";
            throw new ArgumentException($"The loss {_options.Loss}{targets} needs a model of at least {needed} classes, not {classes}; {advice}.", nameof(input));
        }
    }

    private ApgdPhase[] Phases(double epsilon)
    {
        if (!_options.UsesLargerRadii)
        {
            return [new(epsilon, _options.Iterations)];
        }

        var early = (int)Math.Ceiling(0.3 * _options.Iterations);
        return [new(3 * epsilon, early), new(2 * epsilon, early), new(epsilon, _options.Iterations - 2 * early)];
    }

    private IApgdStepSize StepSize(AttackInput input, ApgdPhase phase, double startLoss, long changedPixels) => input.Norm == AttackNorm.L1
        ? new SparseStepSize(phase.Epsilon, phase.Iterations, Pixels(input), _options.UsesLargerRadii ? changedPixels : null)
        : new HalvingStepSize(phase.Epsilon, phase.Iterations, _options.Rho, startLoss);

    /// <summary>The classes with the second highest logit of each clean image, the third highest and so on, [sample][target].</summary>
    private long[][] TargetsOf(AttackInput input)
    {
        var targets = new List<long[]>();
        for (var first = 0L; first < input.Images.shape[0]; first += input.BatchSize)
        {
            using var scope = NewDisposeScope();
            var images = input.Images.narrow(0, first, Math.Min(input.BatchSize, input.Images.shape[0] - first));
            var classes = input.Model.call(images).topk(_options.Targets + 1, 1).indexes.cpu().data<long>().ToArray();
            targets.AddRange(classes.Chunk(_options.Targets + 1).Select(ranked => ranked[1..]));
        }

        return [.. targets];
    }

    private void PlaceStarts(AttackInput input, RowBatch<ApgdRow> batch)
    {
        var rows = Rows(batch, row => batch.Rows[row].NeedsStart);
        foreach (var startsAnew in (bool[])[true, false])
        {
            Place([.. rows.Where(row => batch.Rows[row].StartsAnew == startsAnew)], startsAnew);
        }

        void Place(List<int> rows, bool startsAnew)
        {
            if (rows.Count == 0)
            {
                return;
            }

            using var scope = NewDisposeScope();
            var index = tensor(rows.Select(row => (long)row).ToArray(), device: batch.Images.device);
            var images = batch.Images.index_select(0, index);
            var states = rows.Select(row => batch.Rows[row]).ToList();
            var epsilon = tensor(states.Select(row => row.Phase.Epsilon).ToArray(), dtype: images.dtype, device: images.device);
            Tensor start;
            if (!startsAnew)
            {
                var best = batch.States[Best].index_select(0, index);
                start = (images + L1Ball.Project(images, best - images, epsilon)).clamp_(0, 1);
            }
            else if (Trace is not null)
            {
                start = Trace.Starts(images);
            }
            else
            {
                var seeds = states.Select(row => Seed.Derive(input.Seed, (ulong)row.Run, (ulong)input.SampleIds[row.Sample])).ToArray();
                start = SampleNoise.StartFarAway(images, seeds, input.Norm, epsilon);
            }

            batch.States[Point].index_copy_(0, index, start);
            batch.States[Previous].index_copy_(0, index, start);
            states.ForEach(row => row.BeginPhase());
        }
    }

    /// <summary>Sets the rows' gradients: one pass through the model, or one for each sample of the average.</summary>
    private (double[] Losses, bool[] IsCorrect) Evaluate(AttackInput input, RowBatch<ApgdRow> batch, long[][]? targets)
    {
        using var scope = NewDisposeScope();
        var target = targets is null ? null : tensor(batch.Rows.Select(row => targets[row.Sample][row.Run / _options.Restarts]).ToArray(), device: batch.Labels.device);
        Tensor? losses = null;
        Tensor? isCorrect = null;
        Tensor? gradient = null;
        for (var i = 0; i < _options.EotSamples; i++)
        {
            var sample = InputGradient.Of(Objective, batch.States[Point]);
            gradient = gradient is null ? sample : gradient.add_(sample);
        }

        batch.Set(Gradient, _options.EotSamples == 1 ? gradient! : gradient!.div_(_options.EotSamples));
        return (losses!.to(ScalarType.Float64).cpu().data<double>().ToArray(), isCorrect!.cpu().data<bool>().ToArray());

        Tensor Objective(Tensor images)
        {
            var logits = input.Model.call(images);
            var perSample = _options.Loss switch
            {
                ApgdLoss.CrossEntropy => functional.cross_entropy(logits, batch.Labels, reduction: Reduction.None),
                ApgdLoss.Dlr => DlrLoss.Untargeted(logits, batch.Labels),
                _ => DlrLoss.Targeted(logits, batch.Labels, target!),
            };
            losses = perSample.detach().MoveToOuterDisposeScope();
            isCorrect = logits.detach().argmax(1).eq(batch.Labels).MoveToOuterDisposeScope();
            return perSample.sum();
        }
    }

    /// <summary>Counts samples that have a gradient of 0 at a start for the first time. Cross-entropy may well be flat in floating point: not counted, as in the authors' code.</summary>
    private int CountZeroGradients(RowBatch<ApgdRow> batch)
    {
        if (_options.Loss == ApgdLoss.CrossEntropy || batch.Rows.TrueForAll(row => row.Iteration > 0))
        {
            return 0;
        }

        using var scope = NewDisposeScope();
        var isZero = PerturbationNorm.Of(batch.States[Gradient], AttackNorm.Linf).eq(0).cpu().data<bool>().ToArray();
        var rows = batch.Rows.Where((row, i) => row.Iteration == 0 && isZero[i] && !row.HadZeroGradient).ToList();
        rows.ForEach(row => row.HadZeroGradient = true);
        return rows.Count;
    }

    private static void CopyBest(RowBatch<ApgdRow> batch, IReadOnlyList<int> rows)
    {
        batch.CopyRows(batch.States[Point], Best, rows);
        batch.CopyRows(batch.States[Gradient], BestGradient, rows);
    }

    private static void KeepAdversarial(Tensor adversarial, RowBatch<ApgdRow> batch, List<int> rows)
    {
        if (rows.Count > 0)
        {
            using var scope = NewDisposeScope();
            var from = tensor(rows.Select(row => (long)row).ToArray(), device: adversarial.device);
            var to = tensor(rows.Select(row => (long)batch.Rows[row].Sample).ToArray(), device: adversarial.device);
            adversarial.index_copy_(0, to, batch.States[Point].index_select(0, from));
        }
    }

    /// <summary>Of the best points; only L1 asks.</summary>
    private static long[] ChangedPixels(AttackInput input, RowBatch<ApgdRow> batch)
    {
        if (input.Norm != AttackNorm.L1)
        {
            return new long[batch.Count];
        }

        using var scope = NewDisposeScope();
        return batch.States[Best].ne(batch.Images).sum([1, 2, 3]).cpu().data<long>().ToArray();
    }

    private static void Step(AttackInput input, RowBatch<ApgdRow> batch)
    {
        using var scope = NewDisposeScope();
        var stepSize = batch.Column(row => row.StepSize!.StepSize);
        var next = input.Norm switch
        {
            AttackNorm.Linf => LinfStep(batch, stepSize, input.Epsilon),
            AttackNorm.L2 => L2Step(batch, stepSize, input.Epsilon),
            _ => L1Step(batch, stepSize, Pixels(input)),
        };

        (batch.States[Previous], batch.States[Point]) = (batch.States[Point], batch.States[Previous]);
        batch.Set(Point, next);
    }

    private static Tensor LinfStep(RowBatch<ApgdRow> batch, Tensor stepSize, double epsilon)
    {
        var lower = (batch.Images - epsilon).clamp_(min: 0);
        var upper = (batch.Images + epsilon).clamp_(max: 1);
        var stepped = batch.States[Gradient].sign().mul_(stepSize).add_(batch.States[Point]).clamp_(lower, upper);
        return WithMomentum(batch, stepped).clamp_(lower, upper);
    }

    private static Tensor L2Step(RowBatch<ApgdRow> batch, Tensor stepSize, double epsilon)
    {
        var gradient = batch.States[Gradient];
        var direction = gradient / PerturbationNorm.Of(gradient, AttackNorm.L2).add_(1e-12);
        var stepped = Project(direction.mul_(stepSize).add_(batch.States[Point]));
        return Project(WithMomentum(batch, stepped));

        Tensor Project(Tensor point)
        {
            var change = point - batch.Images;
            var length = PerturbationNorm.Of(change, AttackNorm.L2);
            return change.mul_(length.clamp(max: epsilon).div_(length.add_(1e-12))).add_(batch.Images).clamp_(0, 1);
        }
    }

    /// <summary>Moves the share of the pixels that has the largest gradient, all by the same length; without momentum.</summary>
    private static Tensor L1Step(RowBatch<ApgdRow> batch, Tensor stepSize, long pixels)
    {
        var size = batch.States[Gradient].abs();
        var ranks = batch.Rows.Select(row => pixels - 1 - (long)Math.Clamp((1 - ((SparseStepSize)row.StepSize!).Share) * pixels, 0, pixels - 1)).ToArray();
        var least = size.flatten(1).topk((int)ranks.Max() + 1, 1).values.gather(1, tensor(ranks, device: size.device).unsqueeze(1)).reshape(-1, 1, 1, 1);
        var signs = batch.States[Gradient].sign().mul_(size.ge(least));
        var change = signs.mul_(stepSize / PerturbationNorm.Of(signs, AttackNorm.L1).add_(1e-10)).add_(batch.States[Point] - batch.Images);
        return L1Ball.Project(batch.Images, change, batch.Column(row => row.Phase.Epsilon)).add_(batch.Images).clamp_(0, 1);
    }

    /// <summary>Adds a part of the movement that led to the present point. There is none at the start, where the whole step is taken.</summary>
    private static Tensor WithMomentum(RowBatch<ApgdRow> batch, Tensor stepped)
    {
        var point = batch.States[Point];
        var weight = batch.Column(row => row.Iteration == 1 ? 1 : StepWeight);
        var movement = (point - batch.States[Previous]).mul_(1 - weight);
        return stepped.sub_(point).mul_(weight).add_(point).add_(movement);
    }

    private static long Pixels(AttackInput input) => input.Images.numel() / input.Images.shape[0];

    private static List<int> Rows(RowBatch<ApgdRow> batch, Predicate<int> isWanted) => [.. Enumerable.Range(0, batch.Count).Where(row => isWanted(row))];
}
