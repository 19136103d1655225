using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Data;
using Afa.Federation;
using Afa.Federation.Privacy;
using Afa.Telemetry;
using Afa.Training;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Storage;

namespace Afa.Grains;

/// <summary>
/// Leads a federation round by round: who is asked trains, the aggregator makes the new model, all judge it. A round is a pure function of the
/// model before it and of the participants' own layers, so whatever dies, the round under way is repeated and nothing else is lost.
/// </summary>
[KeepAlive]
[SuppressMessage("Design", "CA1001", Justification = "A source without a timer holds nothing to free.")]
internal sealed class FederationGrain(
    [PersistentState("federation", StorageNames.Store)] IPersistentState<FederationState> state,
    IBlobStore blobs,
    CheckpointStore checkpoints,
    AggregationReports reports,
    TimeProvider time,
    IOptions<RunRecoveryOptions> recovery,
    SiloWork work,
    FederationTelemetry telemetry,
    ILogger<FederationGrain> logger) : Grain, IFederationGrain
{
    private readonly CancellationTokenSource _ending = new();
    private CancellationTokenSource _canceling = new();
    private Task? _loop;
    private string _doing = "";
    private double _roundShare;
    private (long Timestamp, double Share) _start;
    private long _writtenAt;
    private bool _isPauseRequested;

    private string Federation => this.GetPrimaryKeyString();

    private bool IsAtWork => _loop is { IsCompleted: false };

    private Heartbeat Heartbeat => new(blobs, $"federations/{Federation}/heartbeat.json", time);

    private CancelRequest Cancel => field ??= new(blobs, $"federations/{Federation}");

    private string CheckpointPrefix => $"runs/{Federation}/checkpoints/";

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (state.State is { OptionsJson: not null, State: RunState.Running } && recovery.Value.ResumesOnActivation && !work.IsLeaving)
        {
            _loop = RunAsync(Heartbeat.TakeOver());
        }

        return Task.CompletedTask;
    }

    /// <summary>The process ends or the grain moves: the state says that there is more to do. If it moves, the next activation waits until this one writes no more.</summary>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _ending.CancelAsync();
        if (_loop is { } loop && reason.ReasonCode != DeactivationReasonCode.ShuttingDown)
        {
            await loop.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    public async Task StartAsync(string optionsJson)
    {
        var options = JsonSerializer.Deserialize<FederationOptions>(optionsJson, AfaJson.Options)!;
        var json = JsonSerializer.Serialize(options, AfaJson.Options);
        if (state.State.OptionsJson is { } known)
        {
            if (JsonSerializer.Serialize(JsonSerializer.Deserialize<FederationOptions>(known, AfaJson.Options), AfaJson.Options) != json)
            {
                throw new InvalidOperationException($"The federation '{Federation}' exists with other options. Choose another name, or resume it as it is.");
            }

            return;
        }

        var problems = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), problems, validateAllProperties: true);
        if (problems.Count > 0)
        {
            throw new ArgumentException(string.Join('\n', problems.Select(problem => problem.ErrorMessage)));
        }

        await foreach (var other in checkpoints.ListAsync(CheckpointPrefix))
        {
            throw new ArgumentException($"There is a checkpoint {other} of something else. Choose another name for the federation.");
        }

        if ((await GrainFactory.GetGrain<ICatalogGrain>(0).ListRunsAsync()).Contains(Federation))
        {
            throw new ArgumentException($"There is a run '{Federation}', whose checkpoints have the names that the federation's models would have. Choose another name for the federation.");
        }

        await BeginAsync(federation =>
        {
            federation.OptionsJson = json;
            federation.CreatedAt = time.GetUtcNow();
            federation.Participants = [.. Enumerable.Repeat<ParticipantSummary?>(null, options.Count)];
        });
    }

    public async Task ResumeAsync()
    {
        if (state.State.OptionsJson is null)
        {
            throw NoSuchFederation();
        }

        await WhenSettledAsync();
        if (IsAtWork && Cancel.IsMade)
        {
            throw Canceled();
        }

        if (IsAtWork)
        {
            _isPauseRequested = false;   // A pause that has not come about is taken back.
            return;
        }

        if (await Heartbeat.IsElsewhereAsync())
        {
            throw WorkedOnElsewhere();
        }

        await state.ReadStateAsync();   // Another process may have gone on with it since this grain last looked.
        if (state.State.State == RunState.Canceled)
        {
            throw Canceled();
        }

        if (state.State.State != RunState.Completed)
        {
            await BeginAsync(_ => { });
        }
    }

    public Task PauseAsync()
    {
        _isPauseRequested = true;
        return state.State.OptionsJson is null ? Task.FromException(NoSuchFederation()) : Task.CompletedTask;
    }

    public async Task CancelAsync()
    {
        if (state.State.OptionsJson is null)
        {
            throw NoSuchFederation();
        }

        await WhenSettledAsync();
        if (IsAtWork)
        {
            await Cancel.MakeAsync();
            await _canceling.CancelAsync();
            await WhenSettledAsync();   // It may just have ended.
        }

        if (!IsAtWork && state.State.State is not (RunState.Completed or RunState.Canceled))
        {
            await using var lease = await Heartbeat.BeginAsync(state, federation => (federation.State, federation.Message) = (RunState.Canceled, null)) ?? throw WorkedOnElsewhere();
        }
    }

    /// <summary>A loop that has said how it ended still frees the participants; waits for that.</summary>
    private async Task WhenSettledAsync()
    {
        if (_loop is { } ending && state.State.State != RunState.Running)
        {
            await ending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    public async Task<FederationStatus?> GetStatusAsync()
    {
        await RefreshAsync();
        var federation = state.State;
        if (federation.OptionsJson is null)
        {
            return null;
        }

        var options = Options();
        var isInterrupted = federation.State == RunState.Running && !IsAtWork && !await Heartbeat.IsElsewhereAsync();
        var share = Share(options);
        var newest = federation.Models.LastOrDefault(model => model.Round is not null);
        var (clean, robust, worst) = newest is null ? (null, null, null) : FederatedRobustness.Summarize(newest);
        return new FederationStatus(
            Federation,
            isInterrupted ? RunState.Paused : federation.State,
            federation.OptionsJson,
            federation.CreatedAt,
            federation.Rounds.Count,
            options.TotalRounds,
            IsAtWork ? _doing : "",
            share,
            IsAtWork && share > _start.Share ? time.GetElapsedTime(_start.Timestamp) * ((1 - share) / (share - _start.Share)) : null,
            federation.Elapsed + (IsAtWork ? time.GetElapsedTime(_writtenAt) : TimeSpan.Zero),
            clean,
            robust,
            worst,
            federation.Rounds.Count == 0 ? null : federation.Rounds[^1].Checkpoint,
            isInterrupted ? "Its process ended before the federation did; resume it to go on." : federation.Message);
    }

    public async Task<string?> GetResultAsync()
    {
        await RefreshAsync();
        if (state.State.OptionsJson is null)
        {
            return null;
        }

        var options = Options();
        var federation = state.State;
        return JsonSerializer.Serialize(
            new FederationDocument
            {
                Federation = Federation,
                CreatedAt = federation.CreatedAt,
                Seconds = federation.Elapsed.TotalSeconds,
                Options = options,
                Participants = [.. federation.Participants.Select((summary, number) => summary ?? Unknown(options, number))],
                Rounds = federation.Rounds,
                Models = [.. federation.Models.OrderBy(model => model.Round ?? int.MaxValue)],
                Privacy = federation.NoisySums > 0
                    ? RdpAccountant.Spent(samplingRate: 1, options.Privacy.NoiseMultiplier, federation.NoisySums, options.Privacy.Delta)
                    : null,
            },
            AfaJson.Options);
    }

    private static ParticipantSummary Unknown(FederationOptions options, int number) =>
        new(options.Owners.Count > 0 ? options.Owners[number] : string.Create(CultureInfo.InvariantCulture, $"participant-{number}"), 0, [], 0, false);

    private FederationOptions Options() => JsonSerializer.Deserialize<FederationOptions>(state.State.OptionsJson!, AfaJson.Options)!;

    private InvalidOperationException NoSuchFederation() => new($"There is no federation '{Federation}'.");

    private InvalidOperationException Canceled() => new($"The federation '{Federation}' was canceled and does not go on. Start another.");

    private WorkedOnElsewhereException WorkedOnElsewhere() => new($"Another process is at work on the federation '{Federation}'. Follow it with: afa watch {Federation}");

    private async Task BeginAsync(Action<FederationState> change)
    {
        var lease = await Heartbeat.BeginAsync(state, federation =>
        {
            change(federation);
            (federation.State, federation.Message) = (RunState.Running, null);
        }) ?? throw WorkedOnElsewhere();
        _isPauseRequested = false;
        _canceling = new CancellationTokenSource();
        _loop = RunAsync(lease);
    }

    /// <summary>Another process that shares the store may be at work.</summary>
    private async Task RefreshAsync()
    {
        if (state.State.OptionsJson is not null && state.State.State != RunState.Completed && !IsAtWork)
        {
            await state.ReadStateAsync();
        }
    }

    private async Task RunAsync(Heartbeat.Lease lease)
    {
        await Task.Yield();   // The call that started the federation gets its answer first.
        await using var held = lease;
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token, lease.Lost);
        using var canceling = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, _canceling.Token);
        var options = Options();
        var members = new FederationMembers(GrainFactory, logger, Federation, options, state.State.OptionsJson!, time);
        _writtenAt = time.GetTimestamp();
        for (var fruitless = 1; ; fruitless++)
        {
            var before = state.State.Rounds.Count;
            try
            {
                if (await Cancel.FindAsync(stopping.Token))
                {
                    await _canceling.CancelAsync();
                }

                canceling.Token.ThrowIfCancellationRequested();
                await WorkAsync(options, members, canceling.Token);
                await members.LeaveAsync();
                return;
            }
            catch (InconsistentStateException exception) when (!stopping.IsCancellationRequested)
            {
                // An activation that died wrote once more after this one had read. If the lease is another's, what is stored is its own.
                if (!await HasReadAgainAsync(lease))
                {
                    logger.LogWarning("Federation {Federation} is another process's: {Reason}", Federation, exception.Message);
                    return;
                }
            }
            catch (Exception exception) when (stopping.IsCancellationRequested)
            {
                logger.LogInformation("Federation {Federation} rests: {Reason}", Federation, exception.Message);
                return;
            }
            catch (Exception) when (_canceling.IsCancellationRequested)
            {
                await TryEndAsync(RunState.Canceled, null, stopping.Token);
                await members.LeaveAsync();
                return;
            }
            catch (Exception exception)
            {
                fruitless = state.State.Rounds.Count > before ? 1 : fruitless;
                if (IsForTheUser(exception) || fruitless > recovery.Value.MaxFruitlessRecoveries)
                {
                    logger.LogError(exception, "Federation {Federation} failed.", Federation);
                    await TryEndAsync(RunState.Failed, FederationMembers.OneLine(exception), stopping.Token);
                    await members.LeaveAsync();
                    return;
                }

                telemetry.RoundRepeated();
                logger.LogWarning("Federation {Federation} repeats its round: {Reason}", Federation, exception.Message);
                state.State.Message = $"Round {state.State.Rounds.Count + 1} was repeated: {FederationMembers.OneLine(exception)}";
                await Task.Delay(recovery.Value.FirstDelay * Math.Pow(2, fruitless - 1), time, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }
    }

    /// <returns>Whether the lease still stands, and the state is read again and says that there is more to do.</returns>
    private async Task<bool> HasReadAgainAsync(Heartbeat.Lease lease)
    {
        try
        {
            if (!await lease.IsStandingAsync())
            {
                return false;
            }

            await state.ReadStateAsync();
            return state.State.State == RunState.Running;
        }
        catch (Exception exception) when (StoreFailure.IsPassing(exception))
        {
            logger.LogWarning("Federation {Federation} cannot be read again: {Reason}", Federation, exception.Message);
            DeactivateOnIdle();   // The store says that it runs: whoever looks for such work there takes it up.
            return false;
        }
    }

    /// <summary>Stores how it ended; if that fails too, the store says that it runs, and it is taken up again.</summary>
    private async Task TryEndAsync(RunState ended, string? message, CancellationToken stop)
    {
        try
        {
            await EndAsync(ended, message, stop);
        }
        catch (Exception exception)
        {
            logger.LogError(exception, "That federation {Federation} is {State} could not be stored.", Federation, ended);
            DeactivateOnIdle();
        }
    }

    /// <summary>Whether trying again is of no use until a user has mended something.</summary>
    private static bool IsForTheUser(Exception exception) =>
        exception is RunFailedException or DatasetNotFoundException or InvalidDataException or ValidationException or ArgumentException or NotSupportedException;

    private async Task WorkAsync(FederationOptions options, FederationMembers members, CancellationToken stop)
    {
        _roundShare = 0;
        await AdoptAsync();
        var checkpoint = await LastGoodAsync(options, stop);
        _start = (time.GetTimestamp(), Share(options));
        await JoinAsync(options, members, stop);
        while (true)
        {
            await JudgeAsync(options, members, stop);
            var round = state.State.Rounds.Count;
            if (round == options.TotalRounds || _isPauseRequested)
            {
                break;
            }

            checkpoint = await RoundAsync(options, members, round, checkpoint, stop);
        }

        var isDone = state.State.Rounds.Count == options.TotalRounds;
        await EndAsync(isDone ? RunState.Completed : RunState.Paused, state.State.Message, stop);
    }

    /// <summary>Takes the model of the round under way if it was stored before its report came: its updates need not be added up again, and what a noisy or secure sum shows is shown once.</summary>
    private async Task AdoptAsync()
    {
        if (state.State.Adding is not { } adding)
        {
            return;
        }

        var parent = adding.Round == 1 ? Name(0) : state.State.Rounds[^1].Checkpoint;
        if (await reports.FindAsync(adding.Checkpoint, parent) is { Problem: null } report)
        {
            await NoteAsync(adding, report);
        }
        else
        {
            state.State.Adding = null;
        }
    }

    /// <summary>Notes a round that is done.</summary>
    private async Task NoteAsync(RoundSummary adding, AggregationReport report)
    {
        state.State.Rounds.Add(adding with
        {
            Checkpoint = report.Checkpoint,
            Delivered = report.Delivered,
            Missing = [.. adding.Missing, .. report.Lost.Select(lost => new MissingParticipant(lost.Key, lost.Value))],
            Chosen = report.Chosen,
            UpdateNorm = report.UpdateNorm,
        });
        (state.State.Adding, state.State.Attempt) = (null, 0);
        await WriteStateAsync();
        telemetry.RoundDone(report.Delivered.Count, adding.Asked.Count - report.Delivered.Count, TimeSpan.FromSeconds(adding.Seconds));
        await TidyAsync(adding, report.Checkpoint);
    }

    /// <summary>Deletes what a finished round has left: models of other attempts, which would be listed beside its own, and reports.</summary>
    private async Task TidyAsync(RoundSummary round, string model)
    {
        try
        {
            foreach (var name in Attempts(round.Round, round.Attempt))
            {
                if (name != model)
                {
                    await checkpoints.DeleteAsync(name);
                }

                await reports.DeleteAsync(name);
            }
        }
        catch (IOException exception)
        {
            logger.LogWarning("What the attempts at round {Round} of {Federation} have left could not be deleted: {Reason}", round.Round, Federation, exception.Message);
        }
    }

    private IEnumerable<string> Attempts(int round, int count) => Enumerable.Range(1, count).Select(attempt => Name(round, attempt));

    /// <summary>The newest model that the state knows of and that loads; what came after it is forgotten, as it will be done again.</summary>
    private async Task<string> LastGoodAsync(FederationOptions options, CancellationToken stop)
    {
        var rounds = state.State.Rounds;
        while (rounds.Count > 0)
        {
            try
            {
                await checkpoints.LoadAsync(rounds[^1].Checkpoint, stop);
                return rounds[^1].Checkpoint;
            }
            catch (Exception exception) when (exception is CheckpointDamagedException or FileNotFoundException)
            {
                logger.LogWarning("Federation {Federation} passes over the model of round {Round}: {Reason}", Federation, rounds.Count, exception.Message);
                state.State.Message = $"The model of round {rounds.Count} was passed over: {FederationMembers.OneLine(exception)}";
                state.State.Attempt = rounds[^1].Attempt;
                rounds.RemoveAt(rounds.Count - 1);
                state.State.Models.RemoveAll(model => model.Round > rounds.Count);
            }
        }

        var first = Name(0);
        await checkpoints.SaveAsync(first, await Task.Run(() => ServerModel.Start(options, Federation, time.GetUtcNow()), stop), stop);
        return first;
    }

    private async Task JoinAsync(FederationOptions options, FederationMembers members, CancellationToken stop)
    {
        _doing = "participants join";
        var reports = await Task.WhenAll(Enumerable.Range(0, options.Count).Select(async participant =>
        {
            try
            {
                return await members.JoinAsync(participant, stop);
            }
            catch (Exception exception) when (options.Owners.Count > 0 && !stop.IsCancellationRequested)
            {
                // Owners may come later. In an experiment a silo has just died: another takes its participant when all is tried again.
                return new ParticipantReport(FederationMembers.OneLine(exception), 0, "");
            }
        }));
        for (var participant = 0; participant < reports.Length; participant++)
        {
            if (reports[participant].Problem is null)
            {
                state.State.Participants[participant] = JsonSerializer.Deserialize<ParticipantSummary>(reports[participant].SummaryJson, AfaJson.Options);
            }
        }

        var problems = reports.Select(report => report.Problem).OfType<string>().Distinct().ToList();
        var present = reports.Count(report => report.Problem is null);
        if (problems.Count > 0 && (options.Owners.Count == 0 || present == 0))
        {
            throw new RunFailedException(string.Join(' ', problems));   // In an experiment the same files are missing for all; owners may come later.
        }

        await WriteStateAsync();
    }

    /// <returns>Name of the new model.</returns>
    private async Task<string> RoundAsync(FederationOptions options, FederationMembers members, int round, string checkpoint, CancellationToken stop)
    {
        var started = time.GetTimestamp();
        var asked = Participation.Draw(options, round);
        var (delivered, missing) = await TrainAsync(options, members, round, checkpoint, asked, stop);
        var least = Math.Max(options.Privacy.SecureAggregation ? 3 : asked.Length == 0 ? 0 : 1, (int)Math.Ceiling(options.Quorum * asked.Length));
        if (delivered.Count < least)
        {
            throw new InvalidOperationException($"Round {round + 1} needs {least} updates, but only {delivered.Count} of {asked.Length} participants delivered one. {string.Join(' ', missing.Select(one => one.Reason).Distinct().Take(3))}");
        }

        _doing = $"round {round + 1}: adding up";
        var images = delivered.Sum(one => (double)one.Progress.Images);
        var loss = delivered.Count == 0 ? double.NaN : delivered.Sum(one => one.Progress.Loss * one.Progress.Images) / images;
        var attempt = ++state.State.Attempt;
        var adding = state.State.Adding = new RoundSummary(
            round + 1, options.PhaseOf(round), asked, [], missing, null, loss, 0, time.GetElapsedTime(started).TotalSeconds, Name(round + 1, attempt))
        { Attempt = attempt };
        state.State.NoisySums += options.Privacy.NoiseMultiplier > 0 ? 1 : 0;
        await WriteStateAsync();   // Before, as nobody may learn of a sum that is not accounted for.

        var report = await members.AggregateAsync(new AggregationRequest(
            Federation, round, state.State.OptionsJson!, checkpoint, [.. Attempts(round + 1, attempt)], [.. delivered.Select(one => one.Participant)], [.. delivered.Select(one => one.Progress.Images)], least,
            delivered.Count == 0 ? new Dictionary<string, double>() : new Dictionary<string, double> { ["loss"] = loss }), stop);
        if (report.Problem is { } problem)
        {
            throw new InvalidOperationException($"Round {round + 1}: {problem} {string.Join(' ', report.Lost.Values.Distinct().Take(3))}");
        }

        _roundShare = 0;
        await NoteAsync(adding with { Seconds = time.GetElapsedTime(started).TotalSeconds }, report);
        return report.Checkpoint;
    }

    private async Task<(List<(int Participant, ParticipantProgress Progress)> Delivered, List<MissingParticipant> Missing)> TrainAsync(
        FederationOptions options, FederationMembers members, int round, string checkpoint, int[] asked, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(options.RoundSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        var (delivered, missing) = (new List<(int Participant, ParticipantProgress Progress)>(), new List<MissingParticipant>());
        var calls = asked.Select(TrainOneAsync).ToList();
        var all = Task.WhenAll(calls);
        while (await Task.WhenAny(all, Task.Delay(TimeSpan.FromMilliseconds(250), time, CancellationToken.None)) != all)
        {
            _roundShare = asked.Sum(participant => members.Shares[participant]) / asked.Length;
            _doing = $"round {round + 1}: {delivered.Count} of {asked.Length} participants have trained";
        }

        await all;
        stop.ThrowIfCancellationRequested();
        delivered.Sort((one, other) => one.Participant.CompareTo(other.Participant));   // Sums are in this order, whoever came first.
        return (delivered, missing);

        async Task TrainOneAsync(int participant)
        {
            try
            {
                var progress = await members.TrainAsync(participant, round, checkpoint, Counted(participant, round), either.Token);
                if (progress.Failure is { } failure)
                {
                    missing.Add(new MissingParticipant(participant, failure));
                }
                else
                {
                    delivered.Add((participant, progress));
                }
            }
            catch (Exception exception) when (!stop.IsCancellationRequested)
            {
                missing.Add(new MissingParticipant(participant, limit.IsCancellationRequested
                    ? string.Create(CultureInfo.InvariantCulture, $"It had not finished after {options.RoundSeconds} s.")
                    : FederationMembers.OneLine(exception)));
            }
        }
    }

    /// <summary>Has all participants judge the models that are due.</summary>
    private async Task JudgeAsync(FederationOptions options, FederationMembers members, CancellationToken stop)
    {
        var rounds = state.State.Rounds;
        var isLast = rounds.Count == options.TotalRounds;
        var due = rounds.Where(round => round.Phase != TrainingPhase.Features)   // Its head is not trained yet.
            .Where(round => round.Round == options.TotalRounds || (options.Evaluation.EveryRounds > 0 && round.Round % options.Evaluation.EveryRounds == 0))
            .Select(round => (round.Checkpoint, Round: (int?)round.Round))
            .Concat(isLast ? options.Evaluation.Checkpoints.Select(name => (Checkpoint: name, Round: (int?)null)) : [])
            .Where(model => !state.State.Models.Exists(known => known.Checkpoint == model.Checkpoint && known.Round == model.Round)).ToList();
        foreach (var (checkpoint, round) in due)
        {
            _doing = round is null ? $"judging {checkpoint}" : $"judging the model of round {round}";
            var answers = await Task.WhenAll(Enumerable.Range(0, options.Count).Select(participant => members.JudgeAsync(participant, checkpoint, round ?? 0, Counted(participant, round ?? 0), stop)));
            stop.ThrowIfCancellationRequested();
            if (!answers.Any(answer => answer.HasAnswered))
            {
                throw new InvalidOperationException($"Nobody could judge {checkpoint}: {answers.Select(answer => answer.Missing).FirstOrDefault()}");
            }

            state.State.Models.Add(new ModelJudgment(
                checkpoint, round, [.. answers.Select(answer => answer.Counts)],
                [.. answers.Select((answer, participant) => (answer.Missing, participant)).Where(one => one.Missing is not null).Select(one => new MissingParticipant(one.participant, one.Missing!))]));
            await WriteStateAsync();
            if (round is not null)
            {
                var (clean, robust, worst) = FederatedRobustness.Summarize(state.State.Models[^1]);
                telemetry.ModelJudged(clean, robust, worst);
            }
        }
    }

    private double Share(FederationOptions options) => (state.State.Rounds.Count + (IsAtWork ? _roundShare : 0)) / options.TotalRounds;

    /// <summary>Rounds that were done when an update of the participant last went into a model; 0 if none of the first <paramref name="rounds"/> has one.</summary>
    private int Counted(int participant, int rounds) => state.State.Rounds.Take(rounds).LastOrDefault(round => round.Delivered.Contains(participant))?.Round ?? 0;

    private string Name(int rounds, int attempt = 1) => string.Create(CultureInfo.InvariantCulture, $"{CheckpointPrefix}step-{rounds:D8}{(attempt == 1 ? "" : $"-attempt-{attempt}")}");

    private async Task EndAsync(RunState ended, string? message, CancellationToken stop)
    {
        state.State.State = ended = Cancel.Ending(ended);
        state.State.Message = message;
        for (var tries = 1; ; tries++)
        {
            try
            {
                await WriteStateAsync();
                return;
            }
            catch (Exception exception) when (StoreFailure.IsPassing(exception))
            {
                if (tries > recovery.Value.MaxFruitlessRecoveries)
                {
                    logger.LogError("Federation {Federation} rests until the store is back. It could not be stored that it is {State}: {Reason}", Federation, ended, exception.Message);
                    DeactivateOnIdle();
                    return;
                }

                await Task.Delay(recovery.Value.FirstDelay * Math.Pow(2, tries - 1), time, stop);
            }
        }
    }

    private Task WriteStateAsync()
    {
        state.State.Elapsed += time.GetElapsedTime(_writtenAt);
        _writtenAt = time.GetTimestamp();
        return state.WriteStateAsync();
    }
}
