using System.Globalization;
using System.Text.Json;
using Afa.Federation;
using Afa.Training;
using Microsoft.Extensions.Logging;

namespace Afa.Grains;

/// <summary>The participants of a federation as its grain sees them: whatever becomes of one, the others go on.</summary>
internal sealed class FederationMembers(IGrainFactory grains, ILogger logger, string federation, FederationOptions options, string optionsJson, TimeProvider time)
{
    private const int MaxTries = 3;

    private static readonly TimeSpan s_beforeRetry = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_silosLast = TimeSpan.FromMilliseconds(500);

    private readonly double[] _shares = new double[options.Count];
    private (long At, Task<(List<(SiloAddress Address, SiloLoad Load)> Silos, int Silent)> Answers)? _silos;

    /// <summary>How far each participant is in what it does, in [0, 1].</summary>
    public IReadOnlyList<double> Shares => _shares;

    /// <summary>Has a participant load its shard, on its owner's silo or, in an experiment, on one in turn.</summary>
    public async Task<ParticipantReport> JoinAsync(int participant, CancellationToken stop)
    {
        if (await PlaceAsync(participant).WaitAsync(stop) is not { } place)
        {
            if (options.Owners.Count == 0 && (await AnsweringAsync()).Silent > 0)
            {
                throw new TimeoutException("Silos do not answer, and those that do have owners.");
            }

            return new ParticipantReport(
                options.Owners.Count == 0
                    ? "No silo without an owner is in the cluster, and an experiment uses only such. Start one without --participant."
                    : $"No silo of '{options.Owners[participant]}' is in the cluster. Its owner starts it by: afa silo --participant {options.Owners[participant]}",
                0, "");
        }

        return await ActiveSilos.AtAsync(place, () => Grain(participant).JoinAsync(new ParticipantAssignment(federation, participant, optionsJson)).WaitAsync(stop));
    }

    /// <summary>Has a participant train in a round. One whose silo dies begins anew elsewhere, if it may.</summary>
    public Task<ParticipantProgress> TrainAsync(int participant, int round, string checkpoint, int counted, CancellationToken stop) =>
        PatientlyAsync(participant, () => Grain(participant).BeginRoundAsync(round, checkpoint, counted), async () =>
        {
            var progress = await Grain(participant).PollRoundAsync(round, checkpoint);
            _shares[participant] = progress?.Share ?? 0;
            return (progress, progress is { IsDone: true } or { Failure: not null });
        }, stop);

    /// <summary>Has a participant judge a model.</summary>
    /// <returns>Null with a reason where it gives no counts; and whether it answered at all.</returns>
    public async Task<(ParticipantCounts? Counts, string? Missing, bool HasAnswered)> JudgeAsync(int participant, string checkpoint, int round, int counted, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(options.RoundSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        try
        {
            var progress = await PatientlyAsync(participant, () => Grain(participant).BeginJudgeAsync(checkpoint, round, counted), async () =>
            {
                var judgment = await Grain(participant).PollJudgeAsync(checkpoint);
                return (judgment, judgment is { CountsJson: not null } or { Failure: not null });
            }, either.Token);
            return progress.CountsJson is { } json ? (JsonSerializer.Deserialize<ParticipantCounts>(json, AfaJson.Options), null, true) : (null, progress.Failure, true);
        }
        catch (Exception exception) when (!stop.IsCancellationRequested)
        {
            return (null, limit.IsCancellationRequested ? $"It had not finished judging after {options.RoundSeconds} s." : OneLine(exception), false);
        }
    }

    /// <summary>Has the updates of a round added up, on a silo that is no owner's if there is one: it sees them one by one unless they are masked.</summary>
    public async Task<AggregationReport> AggregateAsync(AggregationRequest request, CancellationToken stop)
    {
        var free = (await AnsweringAsync().WaitAsync(stop)).Silos.Where(silo => silo.Load.Owner is null).Select(silo => silo.Address).ToList();
        var aggregator = grains.GetGrain<IAggregatorGrain>(string.Create(CultureInfo.InvariantCulture, $"{federation}/{request.Round}"));
        return await ActiveSilos.AtAsync(free.Count == 0 ? null : free[request.Round % free.Count], () => aggregator.AggregateAsync(request).WaitAsync(stop));
    }

    /// <summary>Frees what the participants hold. Whoever is gone needs no freeing.</summary>
    public Task LeaveAsync() => Task.WhenAll(Enumerable.Range(0, options.Count).Select(async participant =>
    {
        try
        {
            await Grain(participant).LeaveAsync().WaitAsync(TimeSpan.FromMinutes(1), time);
        }
        catch (Exception exception)
        {
            logger.LogInformation("Participant {Participant} of {Federation} could not be told to leave: {Reason}", participant, federation, exception.Message);
        }
    }));

    /// <summary>The first line of a message: Orleans adds where an exception came from.</summary>
    public static string OneLine(Exception exception) => exception.GetBaseException().Message.Split('\n')[0].Trim();

    /// <summary>Has a participant do something, and again where it has forgotten it, as its silo has ended.</summary>
    private async Task<T> PatientlyAsync<T>(int participant, Func<Task> beginAsync, Func<Task<(T? Progress, bool IsOver)>> pollAsync, CancellationToken stop)
        where T : class
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                // Only this call says where the participant belongs, so it comes first: any other would have one that does not live come up anywhere.
                if ((await JoinAsync(participant, stop)).Problem is { } problem)
                {
                    throw new ParticipantLostException(participant, problem);
                }

                await beginAsync().WaitAsync(stop);
                while (true)
                {
                    stop.ThrowIfCancellationRequested();
                    var (progress, isOver) = await pollAsync().WaitAsync(stop);
                    if (isOver)
                    {
                        return progress!;
                    }

                    if (progress is null)
                    {
                        throw new InvalidOperationException($"Participant {participant} has forgotten its work, as its silo has ended.");
                    }
                }
            }
            catch (Exception exception) when (tries < MaxTries && !stop.IsCancellationRequested && exception is OrleansException or TimeoutException or InvalidOperationException or ParticipantLostException)
            {
                logger.LogInformation("Participant {Participant} of {Federation} begins anew: {Reason}", participant, federation, exception.Message);
                await Task.Delay(s_beforeRetry * tries, time, stop);
            }
        }
    }

    /// <summary>Null where the owner has no silo.</summary>
    private async Task<SiloAddress?> PlaceAsync(int participant)
    {
        var answering = (await AnsweringAsync()).Silos;
        if (options.Owners.Count == 0)
        {
            var free = answering.Where(silo => silo.Load.Owner is null).ToList();
            return free.Count == 0 ? null : free[participant % free.Count].Address;
        }

        return answering.FirstOrDefault(silo => silo.Load.Owner == options.Owners[participant]).Address;
    }

    /// <summary>The silos that answer, and how many do not; they are asked once for all participants.</summary>
    private Task<(List<(SiloAddress Address, SiloLoad Load)> Silos, int Silent)> AnsweringAsync()
    {
        if (_silos is not { Answers.IsFaulted: false } known || time.GetElapsedTime(known.At) > s_silosLast)
        {
            _silos = known = (time.GetTimestamp(), AskAsync());
        }

        return known.Answers;

        async Task<(List<(SiloAddress Address, SiloLoad Load)> Silos, int Silent)> AskAsync()
        {
            var silos = await grains.ActiveSilosAsync();
            var loads = await Task.WhenAll(silos.Select(grains.LoadOfAsync));
            List<(SiloAddress Address, SiloLoad Load)> answering = [.. silos.Zip(loads).Where(pair => pair.Second?.Address == pair.First.ToParsableString()).Select(pair => (pair.First, pair.Second!))];
            return (answering, silos.Count - answering.Count);
        }
    }

    private IParticipantGrain Grain(int participant) => grains.GetGrain<IParticipantGrain>($"{federation}/{participant}");
}
