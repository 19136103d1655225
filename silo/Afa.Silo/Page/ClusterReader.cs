using System.Collections.Concurrent;
using System.Text.Json;
using Afa.Evaluation;
using Afa.Federation;
using Afa.Grains;
using Afa.Sweeps;
using Afa.Training;
using Microsoft.Extensions.Logging;

namespace Afa.Silo.Page;

/// <summary>Reads what the pages show, once for all who look within a second. What cannot be read is shown as it was when it last could.</summary>
/// <remarks>Results, which do not change any more, are read once. No checkpoint is touched.</remarks>
internal sealed class ClusterReader(IAfaControl control, TimeProvider time, ILogger<ClusterReader> logger)
{
    private const int MostNewResults = 50;

    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(4);

    /// <summary>Refuses a null where none may be: a file that somebody has edited must not take the page with it.</summary>
    private static readonly JsonSerializerOptions s_json = new(AfaJson.Options) { RespectNullableAnnotations = true };

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (object Version, EvaluationDocument? Document)> _results = [];
    private readonly Dictionary<string, (object Version, SweepDocument? Document)> _sweepResults = [];
    private readonly Dictionary<string, (object Version, FederationDocument? Document)> _federationResults = [];
    private readonly ConcurrentDictionary<string, DateTimeOffset> _listedAt = [];
    private ClusterView _last = new() { ReadAt = time.GetUtcNow() };
    private Task<ClusterView>? _reading;
    private long _startedAt;

    /// <summary>The cluster as it is, or was a second ago. Never fails: what is wrong is part of the answer.</summary>
    public Task<ClusterView> GetAsync()
    {
        lock (_lock)
        {
            if (_reading is null || (_reading.IsCompleted && time.GetElapsedTime(_startedAt) >= s_fresh))
            {
                _startedAt = time.GetTimestamp();
                _reading = Task.Run(ReadAsync);
            }

            return _reading;
        }
    }

    private async Task<ClusterView> ReadAsync()
    {
        var problems = new List<string>();
        var runs = ReadAsync("The runs", control.ListTrainingsAsync, _last.Runs, problems);
        var evaluations = ReadAsync("The evaluations", control.ListEvaluationsAsync, _last.Evaluations, problems);
        var sweeps = ReadAsync("The sweeps", control.ListSweepsAsync, _last.Sweeps, problems);
        var federations = ReadAsync("The federations", control.ListFederationsAsync, _last.Federations, problems);
        var silos = ReadAsync("The silos", control.ListSilosAsync, _last.Silos, problems);
        await Task.WhenAll(runs, evaluations, sweeps, federations, silos);

        var complete = (await evaluations).Where(evaluation => evaluation.State == RunState.Completed).ToList();
        var isNew = await UpdateAsync(
            _results, [.. complete.Select(evaluation => (evaluation.Evaluation, (object)evaluation.CreatedAt))], "The result of evaluation", control.GetEvaluationResultAsync, (EvaluationDocument document) => Slim(document), problems);
        if (complete.Count > _results.Count)
        {
            problems.Add($"{_results.Count} of {complete.Count} results are read so far; the leaderboard is not complete yet.");
        }

        await UpdateAsync(_sweepResults, [.. (await sweeps).Select(sweep => (sweep.Sweep, Version(sweep)))], "The result of sweep", control.GetSweepResultAsync, (SweepDocument document) => document, problems);
        await UpdateAsync(
            _federationResults, [.. (await federations).Select(federation => (federation.Federation, Version(federation)))], "The result of federation", control.GetFederationResultAsync, (FederationDocument document) => document, problems);
        return _last = new ClusterView
        {
            ReadAt = time.GetUtcNow(),
            Runs = problems.Count == 0 ? await runs : await WithNewsAsync(await runs),
            Evaluations = await evaluations,
            Sweeps = await sweeps,
            Federations = await federations,
            Silos = await silos,
            Results = Readable(_results),
            SweepResults = Readable(_sweepResults),
            FederationResults = Readable(_federationResults),
            Leaderboard = isNew ? Evaluation.Leaderboard.Create([.. Readable(_results).Values]) : _last.Leaderboard,
            Problems = problems,
        };
    }

    private async Task<IReadOnlyList<T>> ReadAsync<T>(string what, Func<CancellationToken, Task<IReadOnlyList<T>>> readAsync, IReadOnlyList<T> last, List<string> problems)
    {
        try
        {
            using var limit = new CancellationTokenSource(s_patience, time);
            var read = await readAsync(limit.Token).WaitAsync(s_patience, time);
            _listedAt[what] = time.GetUtcNow();
            return read;
        }
        catch (Exception exception)   // Whatever it is: this page is where one looks when something is wrong.
        {
            var shown = _listedAt.TryGetValue(what, out var listedAt) ? $" and are shown as of {PageText.Exact(listedAt)}" : "";
            Note(problems, $"{what} cannot be listed{shown}: {Reason(exception)}", exception);
            return last;
        }
    }

    /// <summary>A run at work has its state in memory, so it can be followed while the store, which lists the runs, is away.</summary>
    private async Task<IReadOnlyList<TrainingRunStatus>> WithNewsAsync(IReadOnlyList<TrainingRunStatus> runs) => await Task.WhenAll(runs.Select(async run =>
    {
        if (!Progress.IsAtWork(run.State))
        {
            return run;
        }

        try
        {
            return await control.GetTrainingAsync(run.Run).WaitAsync(s_patience, time) ?? run;
        }
        catch (Exception exception)
        {
            logger.LogDebug(exception, "Run {Run} does not answer.", run.Run);   // The problem that made us ask is shown already.
            return run;
        }
    }));

    /// <summary>Reads what is new or has another version than what is known, and forgets what is no longer there.</summary>
    /// <returns>Whether anything has changed.</returns>
    private async Task<bool> UpdateAsync<T>(
        Dictionary<string, (object Version, T? Document)> known,
        IReadOnlyList<(string Name, object Version)> wanted,
        string what,
        Func<string, CancellationToken, Task<string?>> readAsync,
        Func<T, T> reduce,
        List<string> problems)
        where T : class
    {
        var isChanged = false;
        foreach (var gone in known.Keys.Except(wanted.Select(entry => entry.Name)).ToList())
        {
            isChanged |= known.Remove(gone);
        }

        foreach (var (name, version) in wanted.Where(entry => !known.TryGetValue(entry.Name, out var old) || !old.Version.Equals(entry.Version)).Take(MostNewResults).ToList())
        {
            try
            {
                using var limit = new CancellationTokenSource(s_patience, time);
                var json = await readAsync(name, limit.Token);
                known[name] = (version, json is null ? null : reduce(JsonSerializer.Deserialize<T>(json, s_json)!));
                isChanged = true;
            }
            catch (JsonException exception)
            {
                known[name] = (version, null);   // It will not be another one the next time.
                Note(problems, $"{what} {name} cannot be read: {Reason(exception)}", exception);
            }
            catch (Exception exception)
            {
                Note(problems, $"{what} {name} cannot be read now: {Reason(exception)}", exception);
                break;   // The others would fail alike, each after its time.
            }
        }

        return isChanged;
    }

    private void Note(List<string> problems, string problem, Exception exception)
    {
        logger.LogDebug(exception, "The page could not read everything.");   // It is asked for every 2 s; the page itself says what is wrong.
        lock (problems)
        {
            problems.Add(problem);
        }
    }

    private static Dictionary<string, T> Readable<T>(Dictionary<string, (object Version, T? Document)> known)
        where T : class =>
        known.Where(entry => entry.Value.Document is not null).ToDictionary(entry => entry.Key, entry => entry.Value.Document!);

    private static EvaluationDocument Slim(EvaluationDocument document) => document with { Results = [.. document.Results.Select(result => result with { Examples = [], Curve = [] })] };

    /// <summary>A sweep's result changes when a trial has ended.</summary>
    private static object Version(SweepStatus sweep) => (sweep.CreatedAt, sweep.Trials.Count(trial => trial.State is SweepTrialState.Completed), sweep.Trials.Count(trial => trial.State is SweepTrialState.Failed));

    /// <summary>A federation's result changes with each round and judgment.</summary>
    private static object Version(FederationStatus federation) => (federation.CreatedAt, federation.Round, federation.State, federation.CleanAccuracy, federation.RobustAccuracy);

    private static string Reason(Exception exception) => exception is TimeoutException or OperationCanceledException
        ? $"no answer within {s_patience.TotalSeconds} s."
        : exception.GetBaseException().Message.Split('\n')[0];
}
