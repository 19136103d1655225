using static TorchSharp.torch;

namespace Afa.Attacks;

/// <summary>Lets a test give the starting points of <see cref="Apgd"/>, and follow it step by step.</summary>
/// <param name="Starts">
/// Makes starting points in [0, 1] for the clean images of the rows that begin a run. If all samples fit into one batch, all that still stand
/// begin a run together, in their order.
/// </param>
/// <param name="Observe">
/// Gets sample, iteration (0 is the start), loss, whether it is classified correctly, and the size of the step that led there. With it, broken
/// samples stay to the end of their runs.
/// </param>
internal sealed record ApgdTrace(Func<Tensor, Tensor> Starts, Action<int, int, double, bool, double>? Observe = null);
