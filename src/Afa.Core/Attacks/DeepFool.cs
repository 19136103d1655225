using System.ComponentModel.DataAnnotations;
using Afa.Compute;
using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>
/// DeepFool: Moosavi-Dezfooli et al. 2016 (arXiv:1511.04599), algorithm 2, for L2 and Linf. It steps to the nearest linearized boundary
/// until the class changes, and reports how far that was; an adversarial image comes back only if it is within epsilon.
/// </summary>
/// <remarks>
/// As in the authors' code, the overshoot is part of each step, and 1e-4 (in the norm) is added to its length so that it does not stall at the boundary.
/// Each step is clipped to [0, 1], which the paper does not do. Images that are returned lie in the ball without tolerance (the norm is taken in float64).
/// </remarks>
public sealed class DeepFool : IAttack
{
    private const int Point = 0;

    private readonly DeepFoolOptions _options;

    /// <exception cref="ValidationException">An option is out of range.</exception>
    public DeepFool(DeepFoolOptions options)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        _options = options;
    }

    /// <inheritdoc/>
    public AttackOutcome Run(AttackInput input)
    {
        Require.Shape(input.Images, nameof(input.Images), "batch", "channel", "height", "width");
        Require.SameBatch(input.Labels, nameof(input.Labels), input.Images, nameof(input.Images));
        if (input.Norm == AttackNorm.L1)
        {
            throw new ArgumentException("DeepFool measures in Linf or L2, not L1. For L1 take FAB.");
        }

        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var adversarial = input.Images.clone();
        var distances = new double[input.Images.shape[0]];
        Array.Fill(distances, double.PositiveInfinity);
        using var batch = new RowBatch<Row>(input, states: 1, passes: 11, position => new Row(position));
        while (batch.Refill(row => row.IsFinished))
        {
            using var tick = NewDisposeScope();
            var model = new LinearizedModel(input.Model, batch.States[Point], input.Norm);
            Judge(input, batch, model, adversarial, distances);
            Step(input.Norm, batch, model);
        }

        return new(adversarial.MoveToOuterDisposeScope()) { Distances = distances };
    }

    /// <summary>Finishes the rows whose class has changed, and those that have no step left.</summary>
    private void Judge(AttackInput input, RowBatch<Row> batch, LinearizedModel model, Tensor adversarial, double[] distances)
    {
        var isWrong = model.Predictions().ne(batch.Labels).cpu().data<bool>().ToArray();
        var change = batch.States[Point].to(ScalarType.Float64) - batch.Images.to(ScalarType.Float64);
        var distance = PerturbationNorm.Of(change, input.Norm).cpu().data<double>().ToArray();
        var (finished, broken) = (0, 0);
        for (var i = 0; i < batch.Count; i++)
        {
            var row = batch.Rows[i];
            row.IsFinished = isWrong[i] || row.Step++ == _options.Steps;
            finished += row.IsFinished ? 1 : 0;
            if (isWrong[i])
            {
                distances[row.Position] = distance[i];
                if (distance[i] <= input.Epsilon)
                {
                    broken++;
                    adversarial[row.Position] = batch.States[Point][i];
                }
            }
        }

        if (finished > 0)
        {
            input.Finished?.Invoke(finished, broken);
        }
    }

    private void Step(AttackNorm norm, RowBatch<Row> batch, LinearizedModel model)
    {
        if (batch.Rows.Any(row => row.Rivals.Length == 0))
        {
            // A row that has just entered is at its clean image.
            foreach (var (row, classes) in batch.Rows.Zip(model.ClassesByLogit(batch.Labels)).Where(entry => entry.First.Rivals.Length == 0))
            {
                row.Rivals = classes.Length < _options.CandidateClasses ? classes : classes[..(_options.CandidateClasses - 1)];
            }
        }

        var (differences, normals) = model.NearestBoundary(batch.Labels, batch.Rows.ConvertAll(row => row.Rivals));
        var dualLength = norm == AttackNorm.L2 ? PerturbationNorm.Of(normals, AttackNorm.L2) : PerturbationNorm.Of(normals, AttackNorm.L1);
        var direction = norm == AttackNorm.L2 ? normals / (dualLength + 1e-12) : normals.sign();
        var length = differences.abs().reshape(-1, 1, 1, 1) / (dualLength + 1e-12) + 1e-4;
        batch.Set(Point, (batch.States[Point] + (1 + _options.Overshoot) * length * direction).clamp(0, 1));
    }

    private sealed class Row(int position)
    {
        public int Position { get; } = position;

        /// <summary>Candidate classes but the label, by falling logit of the clean image; empty before the first step.</summary>
        public long[] Rivals { get; set; } = [];

        public int Step { get; set; }

        public bool IsFinished { get; set; }
    }
}
