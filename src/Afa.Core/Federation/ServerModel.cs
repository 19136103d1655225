using System.Numerics.Tensors;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Federation.Aggregation;
using Afa.Models;
using Afa.Training;
using Afa.Training.Methods;

namespace Afa.Federation;

/// <summary>The global model in one round, and what the server keeps from round to round: the server's step of each <see cref="StrategyKind"/>.</summary>
/// <remarks>
/// With the aggregate Δ of the updates (new weights less old ones), η the server's learning rate, for each parameter:
/// <list type="bullet">
/// <item>FedAvg, FedProx, FedBN: w ← w + η Δ.</item>
/// <item>FedAvgM (Hsu et al. 2019, section 4.3): v ← β v + Δ; w ← w + η v.</item>
/// <item>FedAdam (Reddi et al. 2021, algorithm 2): m ← β₁ m + (1 − β₁) Δ; v ← β₂ v + (1 − β₂) Δ²; w ← w + η m / (√v + τ), from m = 0 and v = τ².</item>
/// <item>SCAFFOLD (Karimireddy et al. 2020, algorithm 1, lines 16 and 17): w ← w + η Δ; c ← c + |S| / N Δc.</item>
/// </list>
/// Departures: running statistics of batch norm are averages of their own and always move by Δ plainly. What the phase of the round does not train
/// stays as it is, whatever arrives for it: noise and attackers do not reach it. When the head's phase begins, the head is set to zero, as in a
/// data-parallel run, and momentum, moments and control begin anew: those of the features belong to another loss.
/// </remarks>
public sealed class ServerModel
{
    private const int BlockLength = 512;   // What a step works on in float64, on the stack.
    private const string MomentumSuffix = ".server-momentum";
    private const string FirstMomentSuffix = ".server-first-moment";
    private const string SecondMomentSuffix = ".server-second-moment";

    private readonly Checkpoint _global;
    private readonly FederationOptions _options;
    private readonly string _phase;
    private readonly float[] _values;
    private readonly Dictionary<string, float[]> _kept = [];   // By suffix, each [parameter length].
    private double _squaredNorm;
    private long _applied;

    /// <param name="global">The model that the round's participants started from; its finished rounds say which round this is.</param>
    /// <param name="options">Valid options.</param>
    /// <exception cref="ArgumentException">The checkpoint belongs to another federation.</exception>
    public ServerModel(Checkpoint global, FederationOptions options)
    {
        _global = global;
        _options = options;
        _phase = options.PhaseOf(global.State.Epoch);
        using (var template = ModelRegistry.Create(global.State.ModelOptions, seed: 0))
        {
            Layout = UpdateLayout.Of(template, options);
        }

        _values = Layout.Flatten(global.Model);
        if (_phase != global.State.Phase)
        {
            foreach (var tensor in Layout.Tensors.Where(tensor => tensor.IsHead))
            {
                _values.AsSpan(tensor.Offset, tensor.Length).Clear();
            }
        }

        switch (options.Strategy.Kind)
        {
            case StrategyKind.FedAvgM:
                Keep(MomentumSuffix);
                break;
            case StrategyKind.FedAdam:
                Keep(FirstMomentSuffix);
                Keep(SecondMomentSuffix, initial: options.Strategy.Tau * options.Strategy.Tau);
                break;
            case StrategyKind.Scaffold:
                Keep(ControlVariates.Suffix);
                break;
        }
    }

    public UpdateLayout Layout { get; }

    /// <summary>Euclidean norm of what the aggregate says of the model so far, control values left out.</summary>
    public double UpdateNorm => Math.Sqrt(_squaredNorm);

    /// <summary>The model before the first round: its weights are those that a data-parallel run with the same options starts from.</summary>
    /// <param name="run">Name of the federation.</param>
    public static Checkpoint Start(FederationOptions options, string run, DateTimeOffset now)
    {
        var local = options.LocalTraining();
        using var model = ModelRegistry.Create(local.ModelOptions(), local.Seed, local.WeightInitialization());
        return new(
            new CheckpointState
            {
                Run = run,
                Phase = TrainingMethods.FirstPhase(local.Method),
                Epoch = 0,
                Step = 0,
                ModelOptions = model.Options,
                Options = JsonSerializer.SerializeToElement(local, AfaJson.Options),
                CreatedAt = now,
            },
            TrainerCheckpoint.Weights(model));
    }

    /// <summary>Takes a slice of the aggregate. Each value must come once, in whatever slices.</summary>
    /// <param name="offset">Of the slice's first value in <see cref="Layout"/>.</param>
    /// <param name="aggregate">What the rule made of the updates.</param>
    /// <param name="delivered">How many updates it was made of, at least 1.</param>
    /// <exception cref="ArgumentException">The slice lies outside the layout, or a value is not finite.</exception>
    public void Apply(long offset, ReadOnlySpan<float> aggregate, int delivered)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delivered, 1);
        if (offset < 0 || offset + aggregate.Length > Layout.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{aggregate.Length} values from {offset} on do not lie within the {Layout.Length} of an update.");
        }

        if (!AggregationRules.IsFinite(aggregate))
        {
            var bad = 0;
            while (float.IsFinite(aggregate[bad]))
            {
                bad++;
            }

            throw new ArgumentException($"Value {offset + bad} of the aggregate is {aggregate[bad]}: a participant's update was not finite. Leave it out.", nameof(aggregate));
        }

        foreach (var tensor in Layout.Tensors.Where(tensor => tensor.IsTrainedIn(_phase, _options.Training.Head.Scope)))
        {
            Move(tensor, Part(tensor, tensor.Offset, offset, aggregate, out var place), place);
            if (tensor.IsParameter && Layout.Length > Layout.ModelLength)
            {
                var change = Part(tensor, Layout.ModelLength + tensor.Offset, offset, aggregate, out place);
                var control = _kept[ControlVariates.Suffix].AsSpan(place, change.Length);
                TensorPrimitives.MultiplyAdd(change, (float)delivered / _options.Count, control, control);
            }
        }

        _applied += aggregate.Length;
    }

    /// <summary>The model after the round, with what the next one needs.</summary>
    /// <param name="run">Name of the federation.</param>
    /// <param name="roundsDone">Finished rounds, this one among them.</param>
    /// <param name="parent">Name of the checkpoint that the round started from.</param>
    /// <param name="metrics">Measurements to store with it.</param>
    /// <exception cref="InvalidOperationException">Slices of the aggregate are missing.</exception>
    public Checkpoint Finish(string run, int roundsDone, string parent, IReadOnlyDictionary<string, double> metrics, DateTimeOffset now)
    {
        if (_applied != Layout.Length)
        {
            throw new InvalidOperationException($"The aggregate has {Layout.Length} values, but {_applied} were applied. Apply each slice once.");
        }

        var optimizer = _kept.SelectMany(kept => Layout.Parameters.Select(tensor => (Name: tensor.Name + kept.Key, Value: tensor.Cut(kept.Value)))).ToDictionary(entry => entry.Name, entry => entry.Value);
        return new(
            _global.State with
            {
                Run = run,
                Phase = _options.PhaseOf(roundsDone - 1),
                Epoch = roundsDone,
                Step = roundsDone,
                Options = JsonSerializer.SerializeToElement(_options.LocalTraining(), AfaJson.Options),
                Metrics = metrics.ToDictionary(),
                Parent = parent,
                CreatedAt = now,
                Files = [],
            },
            Layout.Unflatten(_values, _global.Model),
            optimizer.Count == 0 ? null : optimizer);
    }

    /// <summary>What a slice has of a tensor's values.</summary>
    /// <param name="start">Where the tensor's values, or their control values, begin in the update.</param>
    /// <param name="place">Where those that the slice has begin in the model's flat values.</param>
    private static ReadOnlySpan<float> Part(UpdateTensor tensor, long start, long offset, ReadOnlySpan<float> aggregate, out int place)
    {
        var from = Math.Clamp(offset, start, start + tensor.Length);
        var to = Math.Clamp(offset + aggregate.Length, from, start + tensor.Length);
        place = (int)(tensor.Offset + from - start);
        return from < to ? aggregate[(int)(from - offset)..(int)(to - offset)] : [];
    }

    /// <summary>Moves some values of a tensor.</summary>
    /// <param name="change">What the aggregate says of them.</param>
    /// <param name="place">Of the first in the model's flat values.</param>
    private void Move(UpdateTensor tensor, ReadOnlySpan<float> change, int place)
    {
        Span<double> buffer = stackalloc double[2 * BlockLength];
        for (var start = 0; start < change.Length; start += BlockLength)
        {
            var size = Math.Min(BlockLength, change.Length - start);
            var step = buffer[..size];
            var sum = buffer.Slice(BlockLength, size);
            TensorPrimitives.ConvertTruncating(change.Slice(start, size), step);
            _squaredNorm += TensorPrimitives.SumOfSquares<double>(step);
            if (tensor.IsParameter)
            {
                ToStep(step, place + start);
            }

            var values = _values.AsSpan(place + start, size);
            TensorPrimitives.ConvertTruncating<float, double>(values, sum);
            TensorPrimitives.Add<double>(sum, step, sum);
            TensorPrimitives.ConvertTruncating<double, float>(sum, values);
            if (tensor.IsVariance)
            {
                TensorPrimitives.Max(values, 0f, values);   // Noise or an attacker may take it below, and its root is asked for.
            }
        }
    }

    /// <summary>Makes of what the aggregate says how far parameters move.</summary>
    private void ToStep(Span<double> change, int place)
    {
        switch (_options.Strategy.Kind)
        {
            case StrategyKind.FedAvgM:
                ServerStep.WithMomentum(change, Kept(MomentumSuffix, change.Length), _options.Strategy);
                break;
            case StrategyKind.FedAdam:
                ServerStep.Adam(change, Kept(FirstMomentSuffix, change.Length), Kept(SecondMomentSuffix, change.Length), _options.Strategy);
                break;
            default:
                ServerStep.Plain(change, _options.Strategy.ServerLearningRate ?? 1);
                break;
        }

        Span<float> Kept(string suffix, int length) => _kept[suffix].AsSpan(place, length);
    }

    /// <summary>Goes on with what the server kept, or begins anew where it kept nothing in this phase.</summary>
    private void Keep(string suffix, double initial = 0)
    {
        var values = new float[Layout.ParameterLength];
        Array.Fill(values, (float)initial);
        if (_phase == _global.State.Phase && _global.Optimizer is { } stored)
        {
            foreach (var tensor in Layout.Parameters)
            {
                if (!stored.TryGetValue(tensor.Name + suffix, out var record) || record.Data.Length != sizeof(float) * tensor.Length)
                {
                    throw new ArgumentException($"The checkpoint has no '{tensor.Name}{suffix}' that fits, which a server with {_options.Strategy.Kind} keeps. It belongs to another federation.");
                }

                UpdateLayout.Values(record).CopyTo(values.AsSpan(tensor.Offset));
            }
        }

        _kept[suffix] = values;
    }
}
