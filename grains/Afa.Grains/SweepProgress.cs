using Afa.Sweeps;

namespace Afa.Grains;

/// <summary>Sums up how far a sweep is.</summary>
internal sealed class SweepProgress(SweepPlan plan, TimeProvider time)
{
    private readonly IReadOnlyList<TrialWork> _work = [.. plan.Trials.Select(TrialWork.Of)];
    private long _startedAt = time.GetTimestamp();
    private long _writtenAt = time.GetTimestamp();
    private double _shareAtStart;

    public SweepPlan Plan { get; } = plan;

    /// <summary>Time since the state was last written.</summary>
    public TimeSpan SinceWrite => time.GetElapsedTime(_writtenAt);

    /// <summary>Work begins, or goes on.</summary>
    public void Restart(double share)
    {
        _shareAtStart = share;
        _startedAt = _writtenAt = time.GetTimestamp();
    }

    public TimeSpan TakeSinceWrite()
    {
        var passed = SinceWrite;
        _writtenAt = time.GetTimestamp();
        return passed;
    }

    /// <param name="working">Trials at work.</param>
    public IReadOnlyList<SweepTrialStatus> Trials(string sweep, IReadOnlyDictionary<string, SweepTrialRecord> records, IReadOnlyDictionary<string, SweepTrialRun> working) =>
    [
        .. Plan.Trials.Select(trial =>
        {
            var record = records.GetValueOrDefault(trial.Name) ?? new SweepTrialRecord(SweepTrialState.Waiting);
            var run = working.GetValueOrDefault(trial.Name);
            return new SweepTrialStatus(trial.Name, trial.Run(sweep), record.State, run?.Doing ?? "", run?.Share ?? 0, record.Message);
        }),
    ];

    public IReadOnlyList<SweepTrialReport> Reports(string sweep, IReadOnlyDictionary<string, SweepTrialRecord> records) =>
    [
        .. Plan.Trials.Select(trial =>
        {
            var record = records.GetValueOrDefault(trial.Name);
            var failure = record?.State == SweepTrialState.Failed ? record.Message ?? "" : null;
            return new SweepTrialReport(trial.Name, trial.Point, trial.Training.Seed, trial.Run(sweep), trial.EvaluationName(sweep), failure, record?.Result);
        }),
    ];

    /// <summary>Share of the work that is done, in [0, 1]; a failed trial has none left.</summary>
    public double Share(IReadOnlyList<SweepTrialStatus> trials)
    {
        var (done, all) = (0.0, 0.0);
        foreach (var (trial, work) in trials.Zip(_work))
        {
            all += work.Total;
            done += trial.State switch
            {
                SweepTrialState.Waiting => 0,
                SweepTrialState.Training => work.Done(trial.Share, 0),
                SweepTrialState.Evaluating => work.Done(1, trial.Share),
                _ => work.Total,
            };
        }

        return done / all;
    }

    /// <param name="share">Of the work that is done now.</param>
    public TimeSpan? TimeLeft(double share) =>
        share > _shareAtStart ? time.GetElapsedTime(_startedAt) * ((1 - share) / (share - _shareAtStart)) : null;
}
