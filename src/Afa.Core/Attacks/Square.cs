using System.ComponentModel.DataAnnotations;
using System.Runtime.InteropServices;
using Afa.Compute;
using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>
/// Square Attack of Andriushchenko et al. 2020 (arXiv:1912.00049) on the margin, as in AutoAttack (Croce and Hein 2020, arXiv:2003.01690):
/// random search with squares that shrink. It asks for logits only, no gradient, and so sees through masked gradients.
/// </summary>
/// <remarks>
/// Adversarial images are in [0, 1], and in the ball to rounding: 1e-6 relative in float32, 1e-9 in float64.
/// Departures from the authors' code: each sample draws its own squares, colors and pyramids, where theirs shares most draws among the batch;
/// a tie for the largest logit that argmax gives to the label is no success, where theirs ends the search; a candidate without a change costs no forward pass.
/// </remarks>
public sealed class Square : IAttack
{
    private const int Resolution = 1 << 24;   // Of a uniform draw, as in float32.

    private readonly SquareOptions _options;

    /// <exception cref="ValidationException">An option is out of range.</exception>
    public Square(SquareOptions options)
    {
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        _options = options;
    }

    /// <inheritdoc/>
    public AttackOutcome Run(AttackInput input) =>
        Run(input, (sample, restart) => Uniform(Seed.Derive(input.Seed, (ulong)restart, (ulong)input.SampleIds[sample])), (_, _) => { });

    /// <summary>As above, with draws from elsewhere.</summary>
    /// <param name="createDraws">Makes the draws from [0, 1) for (position in the input, restart).</param>
    /// <param name="answered">Called for each answer of the model with (search, margin), before the search takes it.</param>
    internal AttackOutcome Run(AttackInput input, Func<int, int, Func<double>> createDraws, Action<SquareSearch, double> answered)
    {
        input.Check();

        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var (channels, height, width) = ((int)input.Images.shape[1], (int)input.Images.shape[2], (int)input.Images.shape[3]);
        var moves = SquareMoves.Create(_options.InitialShare, input.Norm, input.Epsilon, channels, height, width);
        var size = channels * height * width;
        var adversarial = input.Images.to(ScalarType.Float64).cpu().clone().contiguous();   // The searches compute in float64 on the CPU.

        var labels = input.Labels.cpu().data<long>().ToArray();
        SquareSearch CreateSearch(int sample) =>
            new(_options, moves, sample, (int)labels[sample], Pixels(adversarial).Slice(sample * size, size).ToArray(), restart => createDraws(sample, restart));

        using var rows = new RowBatch<SquareSearch>(input, states: 0, passes: 1, CreateSearch);
        using var judge = new SquareJudge(input, rows.Count, answered);
        while (rows.Count > 0)
        {
            judge.Judge(rows.Rows);
            var finished = rows.Rows.Where(search => search.IsFinished).ToList();
            foreach (var search in finished.Where(search => search.IsBroken))
            {
                search.Best.CopyTo(Pixels(adversarial)[(search.Sample * size)..]);
            }

            if (finished.Count > 0)
            {
                input.Finished?.Invoke(finished.Count, finished.Count(search => search.IsBroken));
            }

            rows.Refill(search => search.IsFinished);
        }

        return new AttackOutcome(HostCopy.To(adversarial.to(input.Images.dtype), input.Images.device).MoveToOuterDisposeScope());
    }

    private static Span<double> Pixels(Tensor tensor) => MemoryMarshal.Cast<byte, double>(tensor.bytes);

    private static Func<double> Uniform(ulong seed)
    {
        var draws = new SeededDraws(seed);
        return () => (double)draws.Below(Resolution) / Resolution;
    }
}
