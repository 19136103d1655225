using System.ComponentModel.DataAnnotations;
using System.Runtime.InteropServices;
using Afa.Compute;
using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>
/// Fast adaptive boundary attack: Croce and Hein 2020 (arXiv:1907.02044), algorithm 1; targeted (FAB-T) as in Croce and Hein 2020
/// (arXiv:2003.01690). It looks for the smallest perturbation; those larger than epsilon are then dropped.
/// </summary>
/// <remarks>
/// As in the authors' code there is no final search along the line to the image, and the first restart starts at the image.
/// Unless <see cref="FabOptions.FindsMinimumNorm"/> is set, a sample leaves as soon as it has an adversarial image within epsilon: the authors' code
/// goes on to a smaller one, but reports the same. Then there are no distances either. Images that are returned lie in the ball without
/// tolerance (the norm is taken in float64). Projections are computed on the CPU in float64.
/// An iteration is a forward and a backward pass for the gradient and a forward pass that judges the new image. Where that is not adversarial, the next
/// gradient is taken at the same place and one forward pass could do for both; but 85 % (Linf) and 69 % (L2) are adversarial on a trained small-cnn,
/// and at least 75 % after one that was not, so that the backward passes in vain would cost more than they save.
/// </remarks>
public sealed class Fab : IAttack
{
    private const int Point = 0, Best = 1;

    private readonly FabOptions _options;

    /// <exception cref="ValidationException">An option is out of range.</exception>
    public Fab(FabOptions options)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        _options = options;
    }

    /// <summary>For tests: called with each sample's id and the step it took, before that is judged.</summary>
    internal Action<int, FabStep>? Stepped { get; init; }

    private int Runs => _options.IsTargeted ? _options.Targets * _options.Restarts : _options.Restarts;

    /// <inheritdoc/>
    public AttackOutcome Run(AttackInput input)
    {
        input.Check();

        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var adversarial = input.Images.clone();
        var distances = new double[input.Images.shape[0]];
        using var batch = new RowBatch<Row>(input, states: 2, passes: 3, position => new Row(position));
        while (batch.Refill(row => row.Run == Runs))
        {
            using var tick = NewDisposeScope();
            Step(input, batch);
            Judge(input, batch);
            Report(input, batch, adversarial, distances);
        }

        return new(adversarial.MoveToOuterDisposeScope()) { Distances = _options.FindsMinimumNorm ? distances : null };
    }

    /// <summary>Every row goes to where the linearized boundary is crossed.</summary>
    private void Step(AttackInput input, RowBatch<Row> batch)
    {
        var model = new LinearizedModel(input.Model, batch.States[Point], input.Norm);
        if (batch.Rows.Any(row => row.Rivals.Length == 0))
        {
            // A row that has just entered is at its clean image.
            foreach (var (row, classes) in batch.Rows.Zip(model.ClassesByLogit(batch.Labels)).Where(entry => entry.First.Rivals.Length == 0))
            {
                row.Rivals = _options.IsTargeted && classes.Length < _options.Targets
                    ? throw new ArgumentException($"FAB with {_options.Targets} targets needs a model of at least {_options.Targets + 1} classes, not {classes.Length + 1}. Lower Targets.")
                    : classes;
            }
        }

        var (differences, normals) = model.NearestBoundary(
            batch.Labels, batch.Rows.ConvertAll(row => _options.IsTargeted ? [row.Rivals[row.Run / _options.Restarts]] : row.Rivals));
        var points = OnCpu(batch.States[Point]);
        var point = Values(points);
        var image = Values(OnCpu(batch.Images));
        var normal = Values(OnCpu(normals));
        var difference = Values(OnCpu(differences));
        var pixels = point.Length / batch.Count;
        for (var row = 0; row < batch.Count; row++)
        {
            var here = new Range(row * pixels, (row + 1) * pixels);
            var step = FabStep.Take(image[here], point[here], normal[here], difference[row], input.Norm, _options);
            step.Point.CopyTo(point[here]);
            batch.Rows[row].Iteration++;
            Stepped?.Invoke(input.SampleIds[batch.Rows[row].Position], step);
        }

        batch.Set(Point, HostCopy.To(points.to(batch.Images.dtype), batch.Images.device));
    }

    /// <summary>Keeps the images that the model gets wrong, and steps back from them.</summary>
    private void Judge(AttackInput input, RowBatch<Row> batch)
    {
        var points = batch.States[Point];
        var isAdversarial = input.Model.call(points).argmax(1).ne(batch.Labels).cpu().data<bool>().ToArray();
        var change = points - batch.Images;
        var distance = Values(OnCpu(PerturbationNorm.Of(points.to(ScalarType.Float64) - batch.Images.to(ScalarType.Float64), input.Norm)));
        var (wrong, better) = (new List<int>(), new List<int>());
        for (var i = 0; i < batch.Count; i++)
        {
            var row = batch.Rows[i];
            if (isAdversarial[i])
            {
                wrong.Add(i);
                if (distance[i] < row.Distance)
                {
                    row.Distance = distance[i];
                    better.Add(i);
                }
            }
        }

        batch.CopyRows(points, Best, better);
        batch.CopyRows(batch.Images + change * _options.Beta, Point, wrong);
        StartRuns(input, batch);
    }

    private void StartRuns(AttackInput input, RowBatch<Row> batch)
    {
        var starting = new List<int>();
        for (var i = 0; i < batch.Count; i++)
        {
            var row = batch.Rows[i];
            if (!_options.FindsMinimumNorm && row.Distance <= input.Epsilon)
            {
                row.Run = Runs;
            }
            else if (row.Iteration == _options.Iterations)
            {
                row.Iteration = 0;
                row.Run++;
                starting.Add(i);
            }
        }

        batch.CopyRows(batch.Images, Point, starting);
        foreach (var i in starting.Where(i => batch.Rows[i].Run < Runs && batch.Rows[i].Run % _options.Restarts > 0))
        {
            using var scope = NewDisposeScope();
            var row = batch.Rows[i];
            var seed = Seed.Derive(input.Seed, (ulong)row.Run, (ulong)input.SampleIds[row.Position]);
            batch.States[Point].narrow(0, i, 1).copy_(RandomStart(batch.Images.narrow(0, i, 1), input.Norm, input.Epsilon, seed));
        }
    }

    /// <summary>A point of distance ε / 2 in a random direction (uniform for Linf, Gaussian else), clipped to [0, 1].</summary>
    private static Tensor RandomStart(Tensor image, AttackNorm norm, double epsilon, ulong seed)
    {
        using var generator = new Generator(seed);
        var direction = norm == AttackNorm.Linf
            ? rand(image.shape, image.dtype, CPU, generator: generator) * 2 - 1
            : randn(image.shape, image.dtype, CPU, generator: generator);
        return (image + HostCopy.To(direction * (epsilon / 2) / PerturbationNorm.Of(direction, norm), image.device)).clamp_(0, 1);
    }

    private void Report(AttackInput input, RowBatch<Row> batch, Tensor adversarial, double[] distances)
    {
        var (finished, broken) = (0, 0);
        for (var i = 0; i < batch.Count; i++)
        {
            var row = batch.Rows[i];
            if (row.Run < Runs)
            {
                continue;
            }

            finished++;
            distances[row.Position] = row.Distance;
            if (row.Distance <= input.Epsilon)
            {
                broken++;
                adversarial[row.Position] = batch.States[Best][i];
            }
        }

        if (finished > 0)
        {
            input.Finished?.Invoke(finished, broken);
        }
    }

    private static Tensor OnCpu(Tensor tensor) => tensor.to(ScalarType.Float64).cpu().contiguous();

    /// <summary>The tensor's own memory.</summary>
    private static Span<double> Values(Tensor tensor) => MemoryMarshal.Cast<byte, double>(tensor.bytes);

    private sealed class Row(int position)
    {
        public int Position { get; } = position;

        /// <summary>All classes but the label, by falling logit of the clean image; empty before the first step.</summary>
        public long[] Rivals { get; set; } = [];

        /// <summary>Target times restarts, plus restart; as many as there are runs when the sample is finished.</summary>
        public int Run { get; set; }

        public int Iteration { get; set; }

        /// <summary>Of the adversarial image nearest to the original.</summary>
        public double Distance { get; set; } = double.PositiveInfinity;
    }
}
