using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>Batch normalization of Ioffe and Szegedy 2015 (arXiv:1502.03167), with PyTorch's names, momentum and epsilon.</summary>
/// <remarks>
/// In training mode it uses the batch's mean and variance, and moves the running ones by a tenth towards them unless
/// <see cref="ForwardMode.TracksStatistics"/> is off; in evaluation mode it uses the running ones. Statistics are float32 also if the input is bfloat16.
/// The auxiliary set, if there is one, has statistics, scale and shift of its own for clean images, so that the main set, the one that is
/// evaluated, sees adversarial images only: Xie et al. 2020 (arXiv:1911.09665) and, with the roles used here, ACL (Jiang et al. 2020, arXiv:2010.13337).
/// </remarks>
internal sealed class BatchNormalization : Module<Tensor, Tensor>
{
    /// <summary>Added to the variance.</summary>
    public const double Epsilon = 1e-5;

    /// <summary>Name of the module that holds the auxiliary set.</summary>
    public const string AuxiliaryName = "auxiliary";

    private const double Momentum = 0.1;

    private readonly ForwardMode _mode;
    [ComponentName(Name = "weight")] private Parameter _weight;
    [ComponentName(Name = "bias")] private Parameter _bias;
    [ComponentName(Name = "running_mean")] private Tensor _runningMean;
    [ComponentName(Name = "running_var")] private Tensor _runningVariance;
    [ComponentName(Name = "num_batches_tracked")] private Tensor _batches;
    [ComponentName(Name = AuxiliaryName)] private readonly BatchNormalization? _auxiliary;

    public BatchNormalization(int channels, ForwardMode mode, bool hasAuxiliary) : base(nameof(BatchNormalization))
    {
        _mode = mode;
        _weight = new Parameter(ones(channels, device: CPU).DetachFromDisposeScope());
        _bias = new Parameter(zeros(channels, device: CPU).DetachFromDisposeScope());
        _runningMean = zeros(channels, device: CPU).DetachFromDisposeScope();
        _runningVariance = ones(channels, device: CPU).DetachFromDisposeScope();
        _batches = zeros([], ScalarType.Int64, CPU).DetachFromDisposeScope();
        _auxiliary = hasAuxiliary ? new BatchNormalization(channels, mode, hasAuxiliary: false) : null;
        RegisterComponents();
    }

    private BatchNormalization Active => _mode.UsesAuxiliary && _auxiliary is not null ? _auxiliary : this;

    /// <summary>What evaluation mode does to each channel: x · scale + shift. The caller owns both, [channel].</summary>
    public (Tensor Scale, Tensor Shift) ScaleAndShift()
    {
        using var scope = NewDisposeScope();
        var active = Active;
        var scale = active._weight * (active._runningVariance + Epsilon).rsqrt();
        return (scale.MoveToOuterDisposeScope(), (active._bias - active._runningMean * scale).MoveToOuterDisposeScope());
    }

    public override Tensor forward(Tensor input) => Active.Normalize(input);

    private Tensor Normalize(Tensor input)
    {
        if (!training)
        {
            return functional.batch_norm(input, _runningMean, _runningVariance, _weight, _bias, training: false, Momentum, Epsilon);
        }

        if (_mode.TracksStatistics)
        {
            using var noGradients = no_grad();
            _batches.add_(1);
        }

        if (_mode.Replicas is { } replicas)
        {
            return NormalizeOverReplicas(input, replicas);
        }

        var (mean, variance) = _mode.TracksStatistics ? (_runningMean, _runningVariance) : (null, null);
        return functional.batch_norm(input, mean, variance, _weight, _bias, training: true, Momentum, Epsilon);
    }

    private Tensor NormalizeOverReplicas(Tensor input, ReplicaStatistics replicas)
    {
        using var scope = NewDisposeScope();
        Tensor mean, variance;
        using (no_grad())
        {
            (mean, variance) = replicas.MeanAndVariance(input);
            if (_mode.TracksStatistics)
            {
                var count = (double)replicas.Count * input.numel() / input.shape[1];
                Move(_runningMean, mean);
                Move(_runningVariance, variance * (count / (count - 1)));   // The running variance is that without bias, as in PyTorch.
            }
        }

        return SynchronizedNormalization.Apply(input, _weight, _bias, mean, variance, replicas).MoveToOuterDisposeScope();
    }

    private static void Move(Tensor running, Tensor value) => running.mul_(1 - Momentum).add_(value, alpha: Momentum);
}
