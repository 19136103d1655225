using Afa.Checkpoints;
using Afa.Compute;
using Afa.Data;
using Afa.Federation.Attackers;
using Afa.Training;
using static TorchSharp.torch;

namespace Afa.Federation;

/// <summary>What a participant does in a round: it trains the global model on its own images with any of the methods.</summary>
/// <remarks>
/// FedProx (Li et al. 2020, equation 2): the gradient of μ/2 ‖w − w_t‖² is added to that of the loss. SCAFFOLD: <see cref="ControlVariates"/>.
/// Both corrections come before gradient clipping, which bounds the whole gradient, and weight decay. FedBN: the participant's own normalization
/// layers replace the global ones, which nobody trains.
/// The optimizer's momentum starts anew in each round, as in FedAvg: what it has gathered belongs to other weights. The result is a pure function
/// of the round.
/// </remarks>
public static class LocalTraining
{
    /// <summary>Trains for one round. Call it on the thread of the device slot.</summary>
    /// <param name="progress">Called after each step with the share that is done, (0, 1].</param>
    /// <param name="cancellation">Ends the work after a step with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">The participant has too few images, or a checkpoint belongs to another federation.</exception>
    /// <exception cref="LossNotFiniteException">The loss or its gradient is not finite.</exception>
    public static LocalUpdate Run(LocalRound round, Action<double> progress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        var options = round.Options.LocalTraining();
        var plan = new LocalPlan(round.Options, round.Indices.Length);
        var phase = round.Options.PhaseOf(round.Round);
        using var trainer = new Trainer(options, new SingleTrainer(), round.Device);
        Restore(trainer, round, phase);
        var layout = UpdateLayout.Of(trainer.Model, round.Options);
        var before = layout.Flatten(TrainerCheckpoint.Weights(trainer.Model));
        var control = round.Options.Strategy.Kind == StrategyKind.Scaffold ? new ControlVariates(layout, phase, round.Global, round.Own, options.Optimizer) : null;
        Correct(trainer, round.Options.Strategy, control);

        var shard = new TrainingShard(round.Images, options, round.Participant, round.Indices, round.Generated);
        var loss = 0.0;
        for (var step = 0; step < plan.Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            var position = plan.At(round.Round, step);
            var batch = shard.Batch(phase, position.Epoch, position.StepInEpoch, plan.Batch);
            loss += trainer.Step(position, Poison(round, batch)).Loss / plan.Steps;
            for (var update = 0; update < trainer.UpdatesPerStep; update++)
            {
                control?.Updated(LearningRateSchedule.At(options.Optimizer, position));
            }

            progress((step + 1.0) / plan.Steps);
        }

        var values = new float[layout.Length];
        var weights = TrainerCheckpoint.Weights(trainer.Model);
        var after = layout.Flatten(weights);
        for (var i = 0; i < after.Length; i++)
        {
            values[i] = after[i] - before[i];
        }

        Dictionary<string, TensorRecord>? controls = null;
        if (control is not null)
        {
            var change = control.Change(values);
            change.CopyTo(values, (int)layout.ModelLength);
            controls = control.Next(change);
        }

        var own = round.Options.Strategy.Kind switch
        {
            StrategyKind.Scaffold => new Checkpoint(OwnState(round, phase), new Dictionary<string, TensorRecord>(), controls),
            StrategyKind.FedBn => new Checkpoint(OwnState(round, phase), UpdateLayout.NormalizationNames(trainer.Model).ToDictionary(name => name, name => weights[name])),
            _ => null,
        };
        return new(values, round.Indices.Length, plan.Steps, loss, own);
    }

    /// <summary>Lays a participant's own normalization layers over a model of its federation.</summary>
    internal static IReadOnlyDictionary<string, TensorRecord> WithOwnLayers(FederationOptions options, Checkpoint model, Checkpoint? own)
    {
        if (options.Strategy.Kind != StrategyKind.FedBn || own is null || own.State.Run != model.State.Run)
        {
            return model.Model;
        }

        var merged = model.Model.ToDictionary();
        foreach (var (name, value) in own.Model)
        {
            merged[name] = value;
        }

        return merged;
    }

    /// <summary>Starts at the global model; where a phase begins, its head is zero.</summary>
    private static void Restore(Trainer trainer, LocalRound round, string phase)
    {
        using var scope = NewDisposeScope();
        trainer.Restore(phase, WithOwnLayers(round.Options, round.Global, round.Own).ToDictionary(entry => entry.Key, entry => entry.Value.ToTensor()), velocities: null);
        if (phase != round.Global.State.Phase)
        {
            trainer.Model.ZeroHead();
        }
    }

    private static void Correct(Trainer trainer, StrategyOptions strategy, ControlVariates? control)
    {
        if (strategy.Kind == StrategyKind.FedProx)
        {
            var start = trainer.Parameters.Values.clone();   // Lives in the scope of the round.
            trainer.GradientCorrection = parameters => parameters.Gradient.add_(parameters.Values - start, alpha: strategy.ProximalMu);
        }
        else if (control is not null)
        {
            var correction = control.Correction(trainer.Parameters);
            trainer.GradientCorrection = parameters => parameters.Gradient.add_(correction);
        }
    }

    private static ImageBatch Poison(LocalRound round, ImageBatch batch) =>
        round is { IsAttacker: true, Options.Attackers.Kind: AttackerKind.LabelFlip or AttackerKind.Backdoor }
            ? PoisonedImages.Poison(
                round.Options.Attackers, batch, round.Images.Description.Classes,
                Seed.Derive(round.Options.Training.Seed, (ulong)SeedUse.PoisonedImages, (ulong)round.Participant))
            : batch;

    /// <summary>Its time is that of the global model: what is kept depends on the round alone.</summary>
    private static CheckpointState OwnState(LocalRound round, string phase) => round.Global.State with
    {
        Phase = phase,
        Epoch = round.Round + 1,
        Step = round.Round + 1,
        Metrics = new Dictionary<string, double>(),
        Parent = null,
        Files = [],
    };
}
