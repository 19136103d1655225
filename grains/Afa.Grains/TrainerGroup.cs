using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Placement;

namespace Afa.Grains;

/// <summary>The trainers of one attempt of a run, as the run's grain sees them: all do the same call, and one that fails ends it for all.</summary>
/// <param name="first">Where the first trainer goes, the others to the silos after it.</param>
internal sealed class TrainerGroup(IGrainFactory grains, ILogger logger, string run, SiloAddress first, int attempt, int count)
{
    private readonly ITrainerGrain[] _trainers = [.. Enumerable.Range(0, count).Select(rank => grains.GetGrain<ITrainerGrain>($"{run}/{rank}"))];
    private bool _isDisbanded;

    /// <summary>Spreads the trainers over the silos that live now and loads the checkpoint; a trainer that lives already stays where it is.</summary>
    /// <exception cref="RunFailedException">A user has to mend something, such as missing data.</exception>
    public async Task PrepareAsync(int shardsEach, int smallestShard, string optionsJson, string? checkpoint, long step)
    {
        var silos = await grains.ActiveSilosAsync();
        var preparations = Placed(silos, (trainer, rank) => trainer.PrepareAsync(new TrainerAssignment(
            run, attempt, rank, count, [.. Enumerable.Range(rank * shardsEach, shardsEach)], smallestShard, optionsJson, checkpoint, step)));

        // A trainer may still wait in an exchange of an attempt before, and hear of this one only after that.
        await TellUntilAsync(attempt - 1, AllAsync(preparations, ready => ready.Problem));
    }

    /// <exception cref="RunFailedException">The loss is not finite.</exception>
    public Task<TrainerStep[]> StepAsync(long step) => AllAsync(_trainers.Select(trainer => trainer.StepAsync(attempt, step)), report => report.Failure);

    /// <exception cref="InvalidOperationException">The replicas are not bitwise equal.</exception>
    public async Task RequireEqualReplicasAsync(long step)
    {
        var hashes = await AllAsync(_trainers.Select(trainer => trainer.HashWeightsAsync(attempt)), _ => null);
        if (hashes.Distinct().Count() > 1)
        {
            throw new InvalidOperationException($"The replicas differ after step {step}: {string.Join(", ", hashes.Select(hash => hash[..8]))}.");
        }
    }

    /// <summary>Judges the replicas' model by the held-out images, of which each trainer takes its share.</summary>
    /// <param name="epoch">From 0, over all phases.</param>
    /// <param name="parts">Into how many the images are cut.</param>
    public async Task<EpochValidation> ValidateAsync(int epoch, int parts)
    {
        var clock = Stopwatch.StartNew();
        var counts = (await AllAsync(_trainers.Select(OwnPartsAsync), _ => null)).SelectMany(own => own).ToList();
        var images = counts.Sum(part => part.Images);
        return new EpochValidation(
            (double)counts.Sum(part => part.CleanCorrect) / images, (double)counts.Sum(part => part.RobustCorrect) / images, images, clock.Elapsed.TotalSeconds);

        async Task<List<TrainerValidation>> OwnPartsAsync(ITrainerGrain trainer, int rank)
        {
            var own = new List<TrainerValidation>();
            for (var part = rank; part < parts; part += count)
            {
                own.Add(await trainer.ValidateAsync(attempt, epoch, part));
            }

            return own;
        }
    }

    /// <summary>Stores the state that all replicas share, and what each keeps for itself.</summary>
    public async Task SaveCheckpointAsync(string name, IReadOnlyDictionary<string, double> metrics)
    {
        await AllAsync(_trainers.Select(trainer => trainer.GatherResidualsAsync(attempt)), _ => null);
        await _trainers[0].SaveCheckpointAsync(attempt, name, metrics);
    }

    /// <summary>Tells whoever waits in an exchange of this attempt, or of one before, that it is over.</summary>
    public Task AbandonAsync() => AbandonAsync(attempt);

    /// <summary>Ends the attempt and frees the device slots. Repeating it has no further effect.</summary>
    public async Task DisbandAsync()
    {
        if (_isDisbanded)
        {
            return;
        }

        _isDisbanded = true;
        await AbandonAsync();
        await TellUntilAsync(attempt, IgnoreLossAsync(TidyAsync(trainer => trainer.ReleaseAsync())));
    }

    /// <summary>Ends the attempt, and has each trainer give up its place too, so that those to come are spread over the silos that live then.</summary>
    public async Task DissolveAsync()
    {
        await AbandonAsync();
        await TellUntilAsync(attempt, IgnoreLossAsync(TidyAsync(trainer => trainer.LeaveAsync())));
    }

    private async Task TidyAsync(Func<ITrainerGrain, Task> call)
    {
        // This call is the first to one that was lost with its silo, and so says where it comes up.
        var silos = new List<SiloAddress> { first };
        await IgnoreLossAsync(FindSilosAsync());
        await Task.WhenAll(Placed(silos, (trainer, _) => call(trainer)));

        async Task FindSilosAsync() => silos = await grains.ActiveSilosAsync();
    }

    /// <summary>Calls each trainer, and has one that does not live come up on its silo.</summary>
    private List<T> Placed<T>(List<SiloAddress> silos, Func<ITrainerGrain, int, T> call)
        where T : Task
    {
        var start = Math.Max(0, silos.IndexOf(first));
        var calls = new List<T>();
        for (var rank = 0; rank < count; rank++)
        {
            // Neighbors in rank share a silo, where there are more trainers than silos: what they add up there need not cross the wire.
            var place = start + rank * Math.Min(count, silos.Count) / count;
            RequestContext.Set(IPlacementDirector.PlacementHintKey, silos[place % silos.Count]);
            calls.Add(call(_trainers[rank], rank));
            RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        }

        return calls;
    }

    /// <summary>Waits for all trainers; if one fails, tells those that wait for it in an exchange, so that none blocks.</summary>
    /// <param name="problem">What a user has to mend according to an answer, or null.</param>
    private async Task<T[]> AllAsync<T>(IEnumerable<Task<T>> calls, Func<T, string?> problem)
    {
        var all = calls.ToList();
        var pending = all.ToList();
        while (pending.Count > 0)
        {
            var finished = await Task.WhenAny(pending);
            pending.Remove(finished);
            var found = finished.IsCompletedSuccessfully ? problem(await finished) : null;
            if (!finished.IsCompletedSuccessfully || found is not null)
            {
                await AbandonAsync();
                await TellUntilAsync(attempt, IgnoreLossAsync(Task.WhenAll(pending)));
                if (found is not null)
                {
                    throw new RunFailedException(found);
                }

                await finished;   // The cause: the others fail only because they are told.
            }
        }

        return await Task.WhenAll(all);
    }

    private Task AbandonAsync(int upTo) => IgnoreLossAsync(grains.GetGrain<IFeatureExchangeGrain>(run).AbandonAsync(upTo));

    /// <summary>Gives up an attempt and all before again and again until the calls are answered: the grain that tells those who wait forgets it when it moves.</summary>
    private async Task TellUntilAsync(int upTo, Task calls)
    {
        while (await Task.WhenAny(calls, Task.Delay(BlockingCalls.Patience)) != calls)
        {
            await AbandonAsync(upTo);
        }

        await calls;
    }

    /// <summary>For calls that tidy up: whoever is gone needs no tidying.</summary>
    private async Task IgnoreLossAsync(Task calls)
    {
        try
        {
            await calls;
        }
        catch (Exception exception)
        {
            logger.LogInformation("Run {Run} could not reach every grain of an ended attempt: {Reason}", run, exception.Message);
        }
    }
}

/// <summary>The run cannot go on by itself: a user has to mend something.</summary>
internal sealed class RunFailedException(string message) : Exception(message);
