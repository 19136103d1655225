using static TorchSharp.torch;

namespace Afa.Training;

/// <summary>
/// Exponential moving average of the parameters under training, which is what gets evaluated: as in the code of Wang et al. 2023
/// (arXiv:2302.04638, DM-Improves-AT) and Gowal et al. 2020 (arXiv:2010.03593).
/// </summary>
/// <remarks>
/// After step t of a phase of T steps, counted from 1: w̄ ← d w̄ + (1 − d) w, where d = 0 while t &lt; 0.025 T, so that the average follows,
/// and then d = min(τ, (1 + δ) / (10 + δ)) with δ = t − 0.025 T. Buffers, such as the statistics of batch norm, are those of the model: they
/// are not averaged. The authors' T takes one step more for each epoch than ours where the batch size divides the number of images.
/// Lives on the thread of its device slot.
/// </remarks>
public sealed class WeightAverage : IDisposable
{
    private const double WarmUpShare = 0.025;

    private readonly FlatParameters _parameters;
    private readonly double _decay;

    /// <summary>Starts at the parameters as they are.</summary>
    /// <param name="parameters">Not owned; to outlive the average.</param>
    /// <param name="decay">τ, the largest decay, in (0, 1); the authors use 0.995.</param>
    public WeightAverage(FlatParameters parameters, double decay)
    {
        _parameters = parameters;
        _decay = decay;
        Values = parameters.Values.clone().DetachFromDisposeScope();
    }

    /// <summary>The average, in the layout of the flat parameters, [length].</summary>
    public Tensor Values { get; }

    /// <summary>The decay d after a step.</summary>
    /// <param name="decay">τ.</param>
    /// <param name="step">t, counted from 1 in the phase.</param>
    /// <param name="steps">T, steps of the phase.</param>
    public static double DecayAt(double decay, long step, long steps)
    {
        var sinceWarmUp = step - WarmUpShare * steps;
        return sinceWarmUp < 0 ? 0 : Math.Min(decay, (1 + sinceWarmUp) / (10 + sinceWarmUp));
    }

    /// <summary>Takes in the parameters after a step.</summary>
    /// <inheritdoc cref="DecayAt" path="/param[@name='step' or @name='steps']"/>
    public void Update(long step, long steps)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var decay = DecayAt(_decay, step, steps);
        Values.mul_(decay).add_(_parameters.Values, alpha: 1 - decay);
    }

    /// <summary>Makes the average the parameters themselves.</summary>
    public void Adopt()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        _parameters.Values.copy_(Values);
    }

    /// <summary>Puts the average into the model until the result is disposed, which puts the parameters back, bit for bit. No step may be taken meanwhile.</summary>
    public IDisposable Show() => new Shown(this);

    public void Dispose() => Values.Dispose();

    private sealed class Shown : IDisposable
    {
        private readonly FlatParameters _parameters;
        private readonly Tensor _kept;

        public Shown(WeightAverage average)
        {
            _parameters = average._parameters;
            _kept = _parameters.Values.clone().DetachFromDisposeScope();
            average.Adopt();
        }

        public void Dispose()
        {
            using var scope = NewDisposeScope();
            using var noGradients = no_grad();
            _parameters.Values.copy_(_kept);
            _kept.Dispose();
        }
    }
}
