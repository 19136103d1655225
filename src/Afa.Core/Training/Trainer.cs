using System.Runtime.InteropServices;
using Afa.Checkpoints;
using Afa.Data;
using Afa.Models;
using Afa.Training.Methods;
using TorchSharp;
using static TorchSharp.torch;

namespace Afa.Training;

/// <summary>
/// One replica of the model in data-parallel training. All replicas take the same steps on their own images and stay bitwise
/// equal, because the summed gradient that moves them is the same bits on each.
/// </summary>
/// <remarks>
/// Every loss is a sum over the global batch divided by its size, so the sum of the replicas' gradients is the gradient of one
/// process with the whole batch. The contrastive loss does not split into parts: features are gathered, each replica computes
/// the whole loss with its own rows live and the others constant, and again the gradients add up to the exact one. All this
/// holds for a model without batch statistics: batch norm in training mode takes those of the replica's own
/// images, unless it is synchronized.
/// Lives on one thread, that of its device slot.
/// </remarks>
public sealed class Trainer : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly ICollective _collective;
    private readonly Device _device;
    private readonly Replica _replica;
    private FlatParameters _parameters;
    private MomentumSgd _optimizer;
    private ITrainingMethod _method;
    private WeightAverage? _average;
    private ErrorFeedback? _feedback;
    private IReadOnlyList<TensorRecord>? _gathered;

    /// <param name="options">Valid options; every replica gets the same.</param>
    /// <param name="collective">Connects the replicas.</param>
    /// <param name="device">Where tensors live.</param>
    /// <exception cref="NotSupportedException">The device cannot compute as the options ask.</exception>
    public Trainer(TrainingOptions options, ICollective collective, Device device)
    {
        using var scope = NewDisposeScope();
        _options = options;
        _collective = collective;
        _device = device;
        _replica = new Replica(options, collective, device);
        Phase = TrainingMethods.FirstPhase(options.Method);
        (_parameters, _optimizer, _method) = StartPhase();
        _average = StartAverage();
        _feedback = StartFeedback();
    }

    /// <summary>Place among the replicas, from 0.</summary>
    public int Rank => _collective.Rank;

    /// <summary>The replica's model. Owned here.</summary>
    public ImageClassifier Model => _replica.Model;

    /// <summary>Name of the phase whose parameters are under training.</summary>
    public string Phase { get; private set; }

    /// <summary>What changes the reduced gradient before it is clipped and decayed, under no_grad: the terms that a federation adds to a participant's loss; null: nothing.</summary>
    internal Action<FlatParameters>? GradientCorrection { get; set; }

    /// <summary>The parameters under training in the present phase. Owned here.</summary>
    internal FlatParameters Parameters => _parameters;

    /// <summary>Updates of the parameters that a step of the present phase makes.</summary>
    internal int UpdatesPerStep => _method.UpdatesPerStep;

    /// <summary>Momentum by parameter name, [shape of the parameter]. The caller owns the tensors, which share memory with the optimizer's.</summary>
    public IEnumerable<(string Name, Tensor Velocity)> Velocities => _parameters.Split(_optimizer.Velocity);

    /// <summary>The weights under training by parameter name, where others, their average, are evaluated; else empty. The caller owns the tensors, which share memory with the model's.</summary>
    public IEnumerable<(string Name, Tensor Weights)> Unaveraged => _average is null ? [] : _parameters.Split(_parameters.Values);

    /// <summary>On rank 0, the rounding errors that each replica carries to its next gradient, by rank, after <see cref="GatherResiduals"/> at this step; else empty.</summary>
    /// <exception cref="InvalidOperationException">There are residuals, but they were not gathered since the last step.</exception>
    public IReadOnlyList<TensorRecord> Residuals => _feedback is null || _gathered is not null
        ? _gathered ?? []
        : throw new InvalidOperationException($"Trainer {Rank} carries rounding errors, which a checkpoint must hold; call {nameof(GatherResiduals)} on every trainer before.");

    /// <summary>Collects <see cref="Residuals"/>, for a checkpoint. Every replica has to make the call; repeating it before the next step changes nothing.</summary>
    /// <returns>Whether there are any.</returns>
    public bool GatherResiduals()
    {
        _gathered ??= _feedback?.Gather(_collective);
        return _feedback is not null;
    }

    /// <summary>Gives <see cref="Model"/> the weights that are to be evaluated, their average if that is on, until the result is disposed. No step may be taken meanwhile.</summary>
    /// <returns>Null if they are those under training.</returns>
    public IDisposable? ShowEvaluatedWeights() => _average?.Show();

    /// <summary>Sets model and momentum to a stored state.</summary>
    /// <param name="phase">The phase that the state belongs to.</param>
    /// <param name="model">Every parameter and buffer by name, as evaluated.</param>
    /// <param name="velocities">Momentum of every parameter under training in that phase; null starts at zero.</param>
    /// <param name="unaveraged">What <see cref="Unaveraged"/> was; null if the weights under training are those of the model.</param>
    /// <param name="residual">The own one of <see cref="Residuals"/>; null starts at zero.</param>
    /// <exception cref="ArgumentException">A name is missing or too many, or a shape differs.</exception>
    public void Restore(
        string phase, IReadOnlyDictionary<string, Tensor> model, IReadOnlyDictionary<string, Tensor>? velocities, IReadOnlyDictionary<string, Tensor>? unaveraged = null, Tensor? residual = null)
    {
        Model.LoadWeights(model);
        Phase = phase;
        RestartOptimizer();   // The average starts at the model as evaluated, which is the stored average.
        if (velocities is not null)
        {
            CopyStored(Velocities, velocities, "momenta");
        }

        if (_average is null && unaveraged is { Count: > 0 })
        {
            throw new ArgumentException("The stored weights are an average, but these options ask for none. The checkpoint belongs to another run.", nameof(unaveraged));
        }

        if (unaveraged is not null)
        {
            CopyStored(Unaveraged, unaveraged, "weights under training");
        }

        if (residual is not null)
        {
            _feedback?.Restore(residual);
        }
    }

    /// <summary>Takes one step of training with the other replicas. Blocks while they are behind.</summary>
    /// <param name="position">Where the step stands; the same on every replica.</param>
    /// <param name="batch">Own rows of the global batch. Every replica has as many.</param>
    /// <exception cref="LossNotFiniteException">The loss or the gradient is infinite or not a number. The parameters stay as the last finite update left them.</exception>
    public StepReport Step(TrainingPosition position, ImageBatch batch)
    {
        using var scope = NewDisposeScope();
        _gathered = null;
        if (position.Phase.Name != Phase)
        {
            _average?.Adopt();   // The next phase goes on from what is evaluated: a head is trained on the features that it will stand on.
            Phase = position.Phase.Name;
            Model.ZeroHead();
            RestartOptimizer();
        }

        var step = new TrainingStep(batch, TrainingStep.EpochNoise(_options.Seed, position.Epoch), _device);
        step.Clock.Book(StepClock.Data);

        var (outcome, loss) = Update(step, position);
        for (var update = 1; update < _method.UpdatesPerStep; update++)
        {
            (outcome, loss) = Update(step, position);
        }

        _average?.Update(position.StepInPhase + 1, position.PhaseSteps);

        return new StepReport(
            outcome.Reported?.to(ScalarType.Float64).item<double>() ?? loss, batch.Count / ViewsPerImage,
            Correct(outcome.CleanLogits, step.Labels), Correct(outcome.AdversarialLogits, step.Labels), outcome.FeatureMatches, step.Clock.Seconds, step.Clock.Intervals);
    }

    /// <summary>Computes the reduced gradient of a batch without moving the parameters: [parameters under training], in flat order.</summary>
    internal float[] ComputeGradient(ImageBatch batch, ulong noiseSeed)
    {
        using var scope = NewDisposeScope();
        FindGradient(new TrainingStep(batch, noiseSeed, _device), number: 0, PerturbsWeights(_options.AwpWarmup));
        return MemoryMarshal.Cast<byte, float>(_parameters.Gradient.cpu().bytes).ToArray();
    }

    public void Dispose()
    {
        _feedback?.Dispose();
        _average?.Dispose();
        _optimizer.Dispose();
        _parameters.Dispose();
        Model.Dispose();
    }

    private (FlatParameters, MomentumSgd, ITrainingMethod) StartPhase()
    {
        var headOnly = Phase == TrainingPhase.Head && _options.Head.Scope == HeadScope.Frozen;
        var headParameters = Model.HeadParameterNames;
        foreach (var (name, parameter) in Model.named_parameters())
        {
            // The head takes no part in the feature phase: a gradient of zero would still decay it.
            parameter.requires_grad = Phase switch
            {
                TrainingPhase.Features => !headParameters.Contains(name),
                TrainingPhase.Head => !headOnly || headParameters.Contains(name),
                _ => true,
            };
        }

        Model.train(!headOnly);
        var parameters = new FlatParameters(Model.named_parameters().Where(entry => entry.parameter.requires_grad), Model.NormalizationParameterNames);
        return (parameters, new MomentumSgd(parameters, _options.Optimizer), TrainingMethods.Create(_options.Method, Phase, _replica));
    }

    private void RestartOptimizer()
    {
        _feedback?.Dispose();
        _average?.Dispose();
        _optimizer.Dispose();
        _parameters.Dispose();
        (_parameters, _optimizer, _method) = StartPhase();
        _average = StartAverage();
        _feedback = StartFeedback();
    }

    /// <summary>Carries nothing from one phase into the next, whose parameters differ.</summary>
    private ErrorFeedback? StartFeedback() => _options.Gradient.Wire == ComputePrecision.Bfloat16 && _collective.Count > 1 ? new ErrorFeedback(_parameters.Gradient) : null;

    /// <summary>Averages anew in each phase, over its parameters.</summary>
    private WeightAverage? StartAverage() => _options.WeightAverage > 0 ? new WeightAverage(_parameters, _options.WeightAverage) : null;

    private int ViewsPerImage => TrainingMethods.ViewsPerImage(_options.Method, Phase);

    private bool PerturbsWeights(int epoch) => _options.AwpGamma > 0 && epoch >= _options.AwpWarmup && Phase != TrainingPhase.Head;

    private (StepOutcome Outcome, double Loss) Update(TrainingStep step, TrainingPosition position)
    {
        var result = FindGradient(step, position.Step, PerturbsWeights(position.Epoch));
        CorrectGradient();
        var norm = _optimizer.Step(LearningRateSchedule.At(_options.Optimizer, position));
        step.Clock.Book(StepClock.Update);
        return double.IsFinite(norm) ? result : throw new LossNotFiniteException(position.Step, _collective.Rank, "gradient's norm", norm);
    }

    private void CorrectGradient()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        GradientCorrection?.Invoke(_parameters);
    }

    /// <summary>Leaves the gradient of the global batch's loss in the flat parameters: at the weights, or where a perturbation moves them.</summary>
    /// <param name="number">Of the step, for the error.</param>
    /// <returns>What was computed at the weights themselves.</returns>
    private (StepOutcome Outcome, double Loss) FindGradient(TrainingStep step, long number, bool perturbsWeights)
    {
        if (!perturbsWeights)
        {
            return FindGradient(step, number);
        }

        var result = FindDirection(step, number);
        using var perturbation = new WeightPerturbation(_parameters, _options.AwpGamma);
        FindGradient(step, number);
        return result;
    }

    /// <summary>Leaves the gradient at the weights, along which they are perturbed, in the flat parameters.</summary>
    /// <remarks>The statistics of batch norm are those of the pass that the weights learn from, as in the authors' code, and of the attack, if it moves them: it is made here.</remarks>
    private (StepOutcome Outcome, double Loss) FindDirection(TrainingStep step, long number)
    {
        Model.Mode.TracksStatistics = false;
        try
        {
            return FindGradient(step, number);
        }
        finally
        {
            Model.Mode.TracksStatistics = true;
        }
    }

    private (StepOutcome Outcome, double Loss) FindGradient(TrainingStep step, long number)
    {
        var outcome = _method.ComputeLoss(step);
        var loss = outcome.Loss.to(ScalarType.Float64).item<double>();
        if (!double.IsFinite(loss))
        {
            throw new LossNotFiniteException(number, _collective.Rank, "loss", loss);
        }

        ReduceGradient(outcome.Loss, step.Clock);
        return (outcome, loss);
    }

    /// <summary>Leaves the gradient of the global batch's loss in the flat parameters.</summary>
    private void ReduceGradient(Tensor loss, StepClock clock)
    {
        Model.zero_grad();
        loss.backward();
        Model.Replicas?.ThrowIfFailed();
        _parameters.CollectGradient();
        clock.Book(StepClock.Backward);

        Reduce();
        clock.Book(StepClock.Reduce);
    }

    /// <summary>Sums gradients over the replicas and averages the statistics of batch norm, which each replica gathered on its own images unless they are synchronized.</summary>
    private void Reduce()
    {
        if (_collective.Count == 1)
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        _feedback?.Round(_parameters.Gradient);   // Wherever the replicas are: the placement must not change what is computed.
        var gradient = _parameters.Gradient.cpu();
        var values = MemoryMarshal.Cast<byte, float>(gradient.bytes);
        if (_feedback is null)
        {
            _collective.AllReduceSum(values);
        }
        else
        {
            _collective.AllReduceSumOfBfloat16(values);
        }

        if (_device.type != DeviceType.CPU)
        {
            _parameters.Gradient.copy_(gradient);
        }

        AverageStatistics();
    }

    private void AverageStatistics()
    {
        if (!Model.training || Model.Replicas is not null || _replica.BatchStatistics.Count == 0)
        {
            return;
        }

        var packed = cat([.. _replica.BatchStatistics.Select(values => values.reshape(-1))]).cpu();
        _collective.AllReduceSum(MemoryMarshal.Cast<byte, float>(packed.bytes));
        var offset = 0L;
        foreach (var values in _replica.BatchStatistics)
        {
            values.copy_(packed.narrow(0, offset, values.numel()).view(values.shape) / _collective.Count);
            offset += values.numel();
        }
    }

    private static void CopyStored(IEnumerable<(string Name, Tensor Part)> parts, IReadOnlyDictionary<string, Tensor> stored, string what)
    {
        using var noGradients = no_grad();
        foreach (var (name, part) in parts)
        {
            using (part)
            {
                if (!stored.TryGetValue(name, out var value) || !value.shape.AsSpan().SequenceEqual(part.shape))
                {
                    throw new ArgumentException($"The checkpoint has no {what} that fit '{name}': they are missing or have another shape. It belongs to another model, phase or run.", nameof(stored));
                }

                part.copy_(value);
            }
        }
    }

    private static long? Correct(Tensor? logits, Tensor labels)
    {
        using var scope = NewDisposeScope();
        return logits?.argmax(1).eq(labels).sum().item<long>();
    }
}
