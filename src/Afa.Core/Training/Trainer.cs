using System.Runtime.InteropServices;
using Afa.Attacks;
using Afa.Compute;
using Afa.Data;
using Afa.Losses;
using Afa.Models;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Training;

/// <summary>
/// One replica of the model in data-parallel training. All replicas take the same steps on their own images and stay bitwise
/// equal, because the summed gradient that moves them is the same bits on each.
/// </summary>
/// <remarks>
/// Every loss is a sum over the global batch divided by its size, so the sum of the replicas' gradients is the gradient of one
/// process with the whole batch. The contrastive loss does not split into parts: features are gathered, each replica computes
/// the whole loss with its own rows live and the others constant, and again the gradients add up to the exact one.
/// Lives on one thread, that of its device slot.
/// </remarks>
public sealed class Trainer : IDisposable
{
    private readonly TrainingOptions _options;
    private readonly ICollective _collective;
    private readonly Device _device;
    private readonly double _epsilon;
    private readonly Pgd _attack;
    private readonly IReadOnlyList<Tensor> _statistics;
    private FlatParameters _parameters;
    private MomentumSgd _optimizer;
    private WeightAverage? _average;

    /// <param name="options">Valid options; every replica gets the same.</param>
    /// <param name="collective">Connects the replicas.</param>
    /// <param name="device">Where tensors live.</param>
    public Trainer(TrainingOptions options, ICollective collective, Device device)
    {
        using var scope = NewDisposeScope();
        _options = options;
        _collective = collective;
        _device = device;
        _epsilon = options.AttackEpsilon();
        _attack = new Pgd(new PgdOptions
        {
            Norm = options.Attack.Norm,
            Epsilon = _epsilon,
            StepSize = options.Attack.RelativeStepSize * _epsilon,
            Steps = options.Attack.Steps,
        });
        Model = ModelRegistry.Create(options.ModelOptions(), options.Seed);
        Model.to(device);
        _statistics = [.. Model.named_buffers()
            .Where(entry => entry.buffer.is_floating_point() && entry.name.Contains("running_", StringComparison.Ordinal))
            .Select(entry => entry.buffer)];
        scope.Detach(_statistics);
        Phase = options.Method == TrainingMethod.Afa ? TrainingPhase.Features : TrainingPhase.Training;
        (_parameters, _optimizer) = StartPhase();
        _average = StartAverage();
    }

    /// <summary>The replica's model. Owned here.</summary>
    public ImageClassifier Model { get; }

    /// <summary>Name of the phase whose parameters are under training.</summary>
    public string Phase { get; private set; }

    /// <summary>Momentum by parameter name, [shape of the parameter]. The caller owns the tensors, which share memory with the optimizer's.</summary>
    public IEnumerable<(string Name, Tensor Velocity)> Velocities => _parameters.Split(_optimizer.Velocity);

    /// <summary>The weights under training by parameter name, where others, their average, are evaluated; else empty. The caller owns the tensors, which share memory with the model's.</summary>
    public IEnumerable<(string Name, Tensor Weights)> Unaveraged => _average is null ? [] : _parameters.Split(_parameters.Values);

    /// <summary>Gives <see cref="Model"/> the weights that are to be evaluated, their average if that is on, until the result is disposed. No step may be taken meanwhile.</summary>
    /// <returns>Null if they are those under training.</returns>
    public IDisposable? ShowEvaluatedWeights() => _average?.Show();

    /// <summary>Sets model and momentum to a stored state.</summary>
    /// <param name="phase">The phase that the state belongs to.</param>
    /// <param name="model">Every parameter and buffer by name, as evaluated.</param>
    /// <param name="velocities">Momentum of every parameter under training in that phase; null starts at zero.</param>
    /// <param name="unaveraged">What <see cref="Unaveraged"/> was; null if the weights under training are those of the model.</param>
    /// <exception cref="ArgumentException">A name is missing or too many, or a shape differs.</exception>
    public void Restore(string phase, IReadOnlyDictionary<string, Tensor> model, IReadOnlyDictionary<string, Tensor>? velocities, IReadOnlyDictionary<string, Tensor>? unaveraged = null)
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
    }

    /// <summary>Takes one step of training with the other replicas. Blocks while they are behind.</summary>
    /// <param name="position">Where the step stands; the same on every replica.</param>
    /// <param name="batch">Own rows of the global batch. Every replica has as many.</param>
    /// <exception cref="LossNotFiniteException">The loss or the gradient is infinite or not a number. The parameters were not changed.</exception>
    public StepReport Step(TrainingPosition position, ImageBatch batch)
    {
        using var scope = NewDisposeScope();
        if (position.Phase.Name != Phase)
        {
            _average?.Adopt();   // The next phase goes on from what is evaluated: a head is trained on the features that it will stand on.
            Phase = position.Phase.Name;
            Model.ZeroHead();
            RestartOptimizer();
        }

        var step = new StepInputs(
            batch.ToTensor(_device), batch.LabelsTensor(_device), batch.SampleIds,
            Seed.Derive(_options.Seed, (ulong)SeedUse.TrainingAttack, (ulong)position.Epoch), new StepClock());
        step.Clock.Book(StepClock.Data);

        var outcome = ComputeLoss(step);
        var loss = outcome.Loss.to(ScalarType.Float64).item<double>();
        if (!double.IsFinite(loss))
        {
            throw new LossNotFiniteException(position.Step, _collective.Rank, "loss", loss);
        }

        ReduceGradient(outcome.Loss, step.Clock);

        var norm = _optimizer.Step(LearningRateSchedule.At(_options.Optimizer.Schedule, position.Phase.LearningRate, position.StepInPhase, position.PhaseSteps));
        step.Clock.Book(StepClock.Update);
        if (!double.IsFinite(norm))
        {
            throw new LossNotFiniteException(position.Step, _collective.Rank, "gradient's norm", norm);
        }

        _average?.Update(position.StepInPhase + 1, position.PhaseSteps);

        return new StepReport(
            outcome.Reported?.to(ScalarType.Float64).item<double>() ?? loss, batch.Count,
            Correct(outcome.CleanLogits, step.Labels), Correct(outcome.AdversarialLogits, step.Labels), outcome.FeatureMatches, step.Clock.Seconds);
    }

    /// <summary>Computes the reduced gradient of a batch without moving the parameters: [parameters under training], in flat order.</summary>
    internal float[] ComputeGradient(ImageBatch batch, ulong noiseSeed)
    {
        using var scope = NewDisposeScope();
        var step = new StepInputs(batch.ToTensor(_device), batch.LabelsTensor(_device), batch.SampleIds, noiseSeed, new StepClock());
        ReduceGradient(ComputeLoss(step).Loss, step.Clock);
        return MemoryMarshal.Cast<byte, float>(_parameters.Gradient.cpu().bytes).ToArray();
    }

    public void Dispose()
    {
        _average?.Dispose();
        _optimizer.Dispose();
        _parameters.Dispose();
        Model.Dispose();
    }

    private long GlobalBatch(StepInputs step) => step.Images.shape[0] * _collective.Count;

    private (FlatParameters, MomentumSgd) StartPhase()
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
        return (parameters, new MomentumSgd(parameters, _options.Optimizer));
    }

    private void RestartOptimizer()
    {
        _average?.Dispose();
        _optimizer.Dispose();
        _parameters.Dispose();
        (_parameters, _optimizer) = StartPhase();
        _average = StartAverage();
    }

    /// <summary>Averages anew in each phase, over its parameters.</summary>
    private WeightAverage? StartAverage() => _options.WeightAverage > 0 ? new WeightAverage(_parameters, _options.WeightAverage) : null;

    private StepOutcome ComputeLoss(StepInputs step) => Phase switch
    {
        TrainingPhase.Features => AfaFeatures(step),
        TrainingPhase.Head => Head(step),
        _ => _options.Method switch
        {
            TrainingMethod.Ce => CrossEntropy(step),
            TrainingMethod.PgdAt => AdversarialCrossEntropy(step),
            TrainingMethod.Trades => Trades(step),
            TrainingMethod.AfaTrades => AfaTrades(step),
            _ => throw new InvalidOperationException($"The method {_options.Method} has no phase '{Phase}'."),
        },
    };

    private StepOutcome CrossEntropy(StepInputs step)
    {
        var logits = Model.call(step.Images);
        return new StepOutcome(CrossEntropyPart(logits, step)) { CleanLogits = logits };
    }

    private StepOutcome AdversarialCrossEntropy(StepInputs step)
    {
        var logits = Model.call(CrossEntropyAttack(step));
        return new StepOutcome(CrossEntropyPart(logits, step)) { AdversarialLogits = logits };
    }

    private StepOutcome Head(StepInputs step)
    {
        var isAdversarial = _options.Head.Images == HeadImages.Adversarial;
        var images = isAdversarial ? CrossEntropyAttack(step) : step.Images;
        var logits = _options.Head.Scope == HeadScope.Frozen ? Model.Head(FrozenFeatures(images)) : Model.call(images);
        var loss = CrossEntropyPart(logits, step);
        return isAdversarial ? new StepOutcome(loss) { AdversarialLogits = logits } : new StepOutcome(loss) { CleanLogits = logits };
    }

    private StepOutcome Trades(StepInputs step)
    {
        var clean = Model.call(step.Images);
        var adversarial = Model.call(TradesAttack(step, clean));
        var loss = TradesLoss.Compute(clean, adversarial, step.Labels, _options.TradesBeta, _options.LabelSmoothing, GlobalBatch(step));
        step.Clock.Book(StepClock.Forward);
        return new StepOutcome(loss) { CleanLogits = clean, AdversarialLogits = adversarial };
    }

    /// <summary>TRADES and AFA on the same adversarial images, those of TRADES: one attack for both terms.</summary>
    private StepOutcome AfaTrades(StepInputs step)
    {
        var cleanFeatures = Model.Features(step.Images);
        var clean = Model.Head(cleanFeatures);
        var adversarialFeatures = Model.Features(TradesAttack(step, clean));
        var adversarial = Model.Head(adversarialFeatures);
        var trades = TradesLoss.Compute(clean, adversarial, step.Labels, _options.TradesBeta, _options.LabelSmoothing, GlobalBatch(step));
        step.Clock.Book(StepClock.Forward);

        var (allClean, allLabels) = Gather(cleanFeatures, step.Labels);
        var (allAdversarial, _) = Gather(adversarialFeatures, step.Labels);
        step.Clock.Book(StepClock.Exchange);

        // The AFA term is whole on every replica while its gradient is that of the own rows; the reported loss takes a share of it.
        var afa = AfaLoss.Compute(allClean, allAdversarial, allLabels, _options.Afa);
        var report = trades.detach() + _options.AfaWeight * afa.detach() / _collective.Count;
        var loss = trades + _options.AfaWeight * afa;
        step.Clock.Book(StepClock.Forward);
        return new StepOutcome(loss) { Reported = report, CleanLogits = clean, AdversarialLogits = adversarial };
    }

    private StepOutcome AfaFeatures(StepInputs step)
    {
        var clean = Model.Features(step.Images);
        step.Clock.Book(StepClock.Forward);
        var (allClean, allLabels) = Gather(clean, step.Labels);
        step.Clock.Book(StepClock.Exchange);

        // Without batch statistics the attack sees the same clean features as the loss; else it runs in evaluation mode and needs its own.
        var contrast = allClean;
        if (_statistics.Count > 0)
        {
            (contrast, _) = Gather(FrozenFeatures(step.Images), step.Labels);
        }

        using var objective = new AfaInnerObjective(contrast, allLabels, step.Labels, _options.Afa.Temperature);
        var images = Attack(step, UniformStart(step), x => objective.Sum(Model.Features(x)));

        var adversarial = Model.Features(images);
        step.Clock.Book(StepClock.Forward);
        var (allAdversarial, _) = Gather(adversarial, step.Labels);
        step.Clock.Book(StepClock.Exchange);

        var loss = AfaLoss.Compute(allClean, allAdversarial, allLabels, _options.Afa);
        var matches = objective.CountMatches(adversarial, _collective.Rank * step.Images.shape[0]);
        step.Clock.Book(StepClock.Forward);
        return new StepOutcome(loss) { Reported = loss.detach() / _collective.Count, FeatureMatches = matches };
    }

    private Tensor CrossEntropyPart(Tensor logits, StepInputs step)
    {
        var sum = functional.cross_entropy(logits, step.Labels, reduction: Reduction.Sum, label_smoothing: _options.LabelSmoothing);
        step.Clock.Book(StepClock.Forward);
        return sum / GlobalBatch(step);
    }

    private Tensor CrossEntropyAttack(StepInputs step) =>
        Attack(step, UniformStart(step), x => functional.cross_entropy(Model.call(x), step.Labels, reduction: Reduction.Sum));

    /// <summary>The attack of TRADES: from a point 0.001 away, up the divergence from the clean prediction, which is computed once.</summary>
    private Tensor TradesAttack(StepInputs step, Tensor cleanLogits)
    {
        // Without batch statistics the model gives the same logits in evaluation mode, so those at hand serve.
        var target = _statistics.Count == 0 ? cleanLogits.detach() : FrozenLogits(step.Images);
        var start = SampleNoise.Gaussian(step.Images, step.SampleIds, 0.001, step.NoiseSeed);
        return Attack(step, start, x => TradesLoss.KlDivergence(target, Model.call(x)));
    }

    private Tensor UniformStart(StepInputs step) =>
        SampleNoise.StartInBall(step.Images, step.SampleIds, _options.Attack.Norm, _epsilon, step.NoiseSeed);

    private Tensor Attack(StepInputs step, Tensor start, Func<Tensor, Tensor> objective)
    {
        using var frozen = new FrozenWeights(Model, training: false);
        var images = _attack.Perturb(objective, step.Images, start);
        step.Clock.Book(StepClock.Attack);
        return images;
    }

    private Tensor FrozenFeatures(Tensor images)
    {
        using var frozen = new FrozenWeights(Model, training: false);
        using var noGradients = no_grad();
        return Model.Features(images);
    }

    private Tensor FrozenLogits(Tensor images)
    {
        using var frozen = new FrozenWeights(Model, training: false);
        using var noGradients = no_grad();
        return Model.call(images);
    }

    /// <summary>Puts the rows of every replica in rank order; only the own rows carry a gradient.</summary>
    private (Tensor Features, Tensor Labels) Gather(Tensor features, Tensor labels)
    {
        if (_collective.Count == 1)
        {
            return (features, labels);
        }

        using var scope = NewDisposeScope();
        var (rows, dimension) = (features.shape[0], features.shape[1]);
        var featureBytes = features.detach().cpu().contiguous().bytes;
        var labelBytes = labels.cpu().bytes;
        var own = new byte[featureBytes.Length + labelBytes.Length];
        featureBytes.CopyTo(own);
        labelBytes.CopyTo(own.AsSpan(featureBytes.Length));

        var allFeatures = new List<Tensor>();
        var allLabels = new List<Tensor>();
        var parts = _collective.AllGather(own);
        for (var rank = 0; rank < parts.Count; rank++)
        {
            if (parts[rank].Length != own.Length)
            {
                throw new InvalidOperationException($"Trainer {rank} sent {parts[rank].Length} bytes of features, not {own.Length}: its batch or its model differs.");
            }

            var isOwn = rank == _collective.Rank;
            allFeatures.Add(isOwn ? features : FromBytes(parts[rank].Span[..featureBytes.Length], features.dtype, [rows, dimension]));
            allLabels.Add(isOwn ? labels : FromBytes(parts[rank].Span[featureBytes.Length..], labels.dtype, [rows]));
        }

        return (cat(allFeatures).MoveToOuterDisposeScope(), cat(allLabels).MoveToOuterDisposeScope());
    }

    private Tensor FromBytes(ReadOnlySpan<byte> bytes, ScalarType type, long[] shape)
    {
        using var scope = NewDisposeScope();
        var result = empty(shape, type);
        bytes.CopyTo(result.bytes);
        return result.to(_device).MoveToOuterDisposeScope();
    }

    /// <summary>Leaves the gradient of the global batch's loss in the flat parameters.</summary>
    private void ReduceGradient(Tensor loss, StepClock clock)
    {
        Model.zero_grad();
        loss.backward();
        _parameters.CollectGradient();
        clock.Book(StepClock.Backward);

        Reduce();
        clock.Book(StepClock.Reduce);
    }

    /// <summary>Sums gradients over the replicas and averages the statistics of batch norm, which each replica gathered on its own images.</summary>
    private void Reduce()
    {
        if (_collective.Count == 1)
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var statistics = Model.training ? _statistics : [];
        var tensors = new[] { _parameters.Gradient }.Concat(statistics).ToList();
        var packed = tensors.Count == 1 && _device.type == DeviceType.CPU ? _parameters.Gradient : cat([.. tensors.Select(tensor => tensor.reshape(-1))]).cpu();
        _collective.AllReduceSum(MemoryMarshal.Cast<byte, float>(packed.bytes));

        var offset = 0L;
        foreach (var tensor in tensors)
        {
            var sum = packed.narrow(0, offset, tensor.numel()).view(tensor.shape);
            if (!ReferenceEquals(tensor, packed))
            {
                tensor.copy_(ReferenceEquals(tensor, _parameters.Gradient) ? sum : sum / _collective.Count);
            }

            offset += tensor.numel();
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

    private sealed record StepInputs(Tensor Images, Tensor Labels, int[] SampleIds, ulong NoiseSeed, StepClock Clock);

    private sealed record StepOutcome(Tensor Loss)
    {
        /// <summary>This replica's part, where the loss is that of the global batch and the same on each.</summary>
        public Tensor? Reported { get; init; }

        public Tensor? CleanLogits { get; init; }

        public Tensor? AdversarialLogits { get; init; }

        public long? FeatureMatches { get; init; }
    }
}
