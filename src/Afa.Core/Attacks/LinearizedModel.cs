using Afa.Models;
using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>A model near given points: its logits, and its decision boundaries taken as hyperplanes. Its tensors are in the caller's dispose scope.</summary>
internal sealed class LinearizedModel
{
    private readonly Tensor _points;
    private readonly Tensor _logits;
    private readonly AttackNorm _dual;

    /// <summary>Runs the model forward, keeping what its gradients need.</summary>
    /// <param name="points">[row, channel, height, width].</param>
    /// <param name="norm">In which distances to boundaries are measured.</param>
    public LinearizedModel(ImageClassifier model, Tensor points, AttackNorm norm)
    {
        using var gradients = enable_grad();   // The caller may be evaluating under no_grad.
        _points = points.detach().requires_grad_();
        _logits = model.call(_points);
        _dual = norm switch { AttackNorm.Linf => AttackNorm.L1, AttackNorm.L1 => AttackNorm.Linf, _ => AttackNorm.L2 };

        // autograd.grad would end the process, not throw, without a graph.
        if (!_logits.requires_grad)
        {
            throw IgnoresItsInput();
        }
    }

    /// <summary>The class of highest logit, [row].</summary>
    public Tensor Predictions() => _logits.detach().argmax(1);

    /// <summary>For each row the classes but its label, from the highest logit to the lowest.</summary>
    /// <param name="labels">[row].</param>
    public long[][] ClassesByLogit(Tensor labels)
    {
        using var scope = NewDisposeScope();
        var own = labels.cpu().data<long>().ToArray();
        var order = _logits.detach().argsort(1, descending: true).cpu().data<long>().ToArray();
        return [.. order.Chunk((int)_logits.shape[1]).Select((row, i) => row.Where(label => label != own[i]).ToArray())];
    }

    /// <summary>
    /// Of the boundaries between the label of a row and some rivals, the nearest: distance |f| / (1e-12 + ‖w‖) in the dual norm, with
    /// f = z_rival - z_label and w its gradient. One backward pass for each rival.
    /// </summary>
    /// <param name="labels">[row].</param>
    /// <param name="rivals">Classes for each row, as many for every row.</param>
    /// <returns>f, [row], and w, [row, channel, height, width], both of the model's type.</returns>
    public (Tensor Differences, Tensor Normals) NearestBoundary(Tensor labels, IReadOnlyList<long[]> rivals)
    {
        Tensor? nearest = null, difference = null, normal = null;
        for (var i = 0; i < rivals[0].Length; i++)
        {
            var (f, w) = Boundary(labels, rivals.Select(row => row[i]).ToArray(), isLast: i == rivals[0].Length - 1);
            if (rivals[0].Length == 1)
            {
                return (f, w);
            }

            var distance = f.abs() / (PerturbationNorm.Of(w, _dual).flatten() + 1e-12);
            var isNearer = nearest is null ? ones_like(distance, ScalarType.Bool) : distance.lt(nearest);
            nearest = where(isNearer, distance, nearest ?? distance);
            difference = where(isNearer, f, difference ?? f);
            normal = where(isNearer.reshape(-1, 1, 1, 1), w, normal ?? w);
        }

        return (difference!, normal!);
    }

    private (Tensor Difference, Tensor Normal) Boundary(Tensor labels, long[] rivals, bool isLast)
    {
        using var scope = NewDisposeScope();
        using var gradients = enable_grad();
        var rivalLogits = _logits.gather(1, tensor(rivals, device: _logits.device).unsqueeze(1));
        var difference = (rivalLogits - _logits.gather(1, labels.unsqueeze(1))).squeeze(1);
        var normal = autograd.grad([difference.sum()], [_points], retain_graph: !isLast, allow_unused: true)[0];
        return normal is null || normal.IsInvalid
            ? throw IgnoresItsInput()
            : scope.MoveToOuter(difference.detach(), normal);
    }

    private static InvalidOperationException IgnoresItsInput() =>
        new("The model's logits do not depend on the images, so there is no gradient. Check that nothing in the model detaches its input.");
}
