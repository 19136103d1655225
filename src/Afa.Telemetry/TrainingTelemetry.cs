using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Afa.Data;
using Afa.Training;

namespace Afa.Telemetry;

/// <summary>What can be measured of training and its checkpoints: meter and activity source <c>afa.training</c>.</summary>
/// <remarks>
/// Labels have few values: method, model and data set, never the name of a run. Sums and rates are over the runs of a silo; of runs that share all
/// labels, gauges show the one that wrote last.
/// </remarks>
public sealed class TrainingTelemetry
{
    public const string Name = "afa.training";

    private static readonly ActivitySource s_source = new(Name);

    private readonly Counter<long> _images;
    private readonly Histogram<double> _stepDuration;
    private readonly Counter<long> _gradientBytes;
    private readonly Histogram<double> _reduceDuration;
    private readonly Counter<long> _checkpointBytes;
    private readonly Histogram<double> _checkpointDuration;
    private readonly UpDownCounter<int> _runs;
    private readonly LabeledCounts _ended = new("state", "completed", "paused", "failed", "canceled");
    private readonly ConcurrentDictionary<RunTelemetry, byte> _atWork = new();
    private long _checkpointFailures;
    private long _notFinite;
    private long _recoveries;

    public TrainingTelemetry(IMeterFactory meters, TimeProvider time)
    {
        Time = time;
        var meter = meters.Create(Name);
        _images = meter.CreateCounter<long>("afa.train.images", "{image}", "Images that a step was taken on.");
        _stepDuration = meter.CreateHistogram("afa.train.step.duration", "s", "Time of each part of a trainer's step.", advice: Durations.Advice);
        Loss = meter.CreateGauge<double>("afa.train.loss", description: "Loss of the last step.");
        CleanAccuracy = meter.CreateGauge<double>("afa.train.clean_accuracy.ratio", "1", "Accuracy of the last epoch on clean images: of its training batches, or of the held-out images.");
        RobustAccuracy = meter.CreateGauge<double>("afa.train.robust_accuracy.ratio", "1", "Accuracy of the last epoch on attacked images: of its training batches, or of the held-out images.");
        BestRobustAccuracy = meter.CreateGauge<double>("afa.train.robust_accuracy.best.ratio", "1", "Best accuracy on attacked images of any epoch since the run was last taken up.");
        _gradientBytes = meter.CreateCounter<long>("afa.gradient.bytes", "By", "Bytes that trainers contributed to sums.");
        _reduceDuration = meter.CreateHistogram("afa.gradient.reduce.duration", "s", "Time from a trainer's contribution to the sum.", advice: Durations.Advice);
        _checkpointBytes = meter.CreateCounter<long>("afa.checkpoint.bytes", "By", "Bytes of tensors in checkpoints that were stored.");
        _checkpointDuration = meter.CreateHistogram("afa.checkpoint.write.duration", "s", "Time to store a checkpoint and verify it.", advice: Durations.Advice);
        _runs = meter.CreateUpDownCounter<int>("afa.run.info", "{run}", "Runs at work, by method, model and data set.");

        // Seen from the start, as alerts need the 0.
        meter.CreateObservableCounter("afa.checkpoint.failures", () => Interlocked.Read(ref _checkpointFailures), "{failure}", "Checkpoints that could not be stored.");
        meter.CreateObservableCounter("afa.train.loss.not_finite", () => Interlocked.Read(ref _notFinite), "{step}", "Trainers' steps whose loss or gradient was infinite or not a number.");
        meter.CreateObservableCounter("afa.run.recoveries", () => Interlocked.Read(ref _recoveries), "{recovery}", "Times that a run started over from its last checkpoint because something was lost.");
        meter.CreateObservableCounter("afa.run.ended", _ended.Read, "{run}", "Runs that ended or were paused, by state.");
        meter.CreateObservableGauge("afa.run.idle", LongestIdle, "s", "Longest time that a run at work has gone without a step; 0 if none is at work.");
    }

    internal TimeProvider Time { get; }

    internal Gauge<double> Loss { get; }

    internal Gauge<double> CleanAccuracy { get; }

    internal Gauge<double> RobustAccuracy { get; }

    internal Gauge<double> BestRobustAccuracy { get; }

    /// <summary>Counts a run as at work until what is returned is disposed.</summary>
    public RunTelemetry RunAtWork(string run, TrainingOptions options)
    {
        TagList labels =
        [
            new("method", LabelOf(options.Method)),
            new("model", options.Model),
            new("dataset", DatasetRegistry.IsPath(options.Dataset) ? "folder" : options.Dataset),
        ];
        _runs.Add(1, labels);
        var measured = new RunTelemetry(this, labels, s_source.StartActivity("afa.train.run")?.SetTag("afa.run", run));
        _atWork.TryAdd(measured, 0);
        return measured;
    }

    /// <summary>A run starts over from its last checkpoint.</summary>
    public void RunRecovered() => Interlocked.Increment(ref _recoveries);

    /// <summary>A run ended or was paused.</summary>
    /// <param name="state">"completed", "paused", "failed" or "canceled".</param>
    public void RunEnded(string state) => _ended.Increment(state);

    /// <summary>Begins the span of an epoch; null if nobody listens.</summary>
    /// <param name="epoch">From 0, over all phases.</param>
    public static Activity? StartEpoch(string phase, int epoch) => s_source.StartActivity("afa.train.epoch")?.SetTag("afa.phase", phase).SetTag("afa.epoch", epoch + 1);

    /// <summary>Begins the span of a step of all trainers; null if nobody listens.</summary>
    public static Activity? StartStep(long step) => s_source.StartActivity("afa.train.step")?.SetTag("afa.step", step);

    /// <summary>Begins the span of one trainer's part in a step; null if nobody listens.</summary>
    public static Activity? StartTrainerStep(int rank) => s_source.StartActivity("afa.train.trainer_step")?.SetTag("afa.rank", rank);

    /// <summary>Records one trainer's part in a step.</summary>
    /// <param name="waited">Time for the images to come.</param>
    /// <param name="phaseSeconds">Seconds of each part, by <see cref="StepClock"/> name.</param>
    public void StepTaken(int images, TimeSpan waited, IReadOnlyDictionary<string, double> phaseSeconds)
    {
        _images.Add(images);
        foreach (var (phase, spent) in phaseSeconds)
        {
            var seconds = phase == StepClock.Data ? spent + waited.TotalSeconds : spent;
            _stepDuration.Record(seconds, new KeyValuePair<string, object?>("phase", phase));
        }
    }

    /// <summary>Adds spans of the parts of a trainer's step, which are known afterwards, to its span.</summary>
    /// <param name="started">From <see cref="Stopwatch.GetTimestamp"/>, before the images were asked for.</param>
    /// <param name="waited">Time for the images to come.</param>
    public static void TraceParts(long started, TimeSpan waited, IReadOnlyList<StepInterval> intervals)
    {
        if (Activity.Current is not { } step || !s_source.HasListeners())
        {
            return;
        }

        var (now, timestamp) = (DateTimeOffset.UtcNow, Stopwatch.GetTimestamp());
        DateTimeOffset At(long other) => now - Stopwatch.GetElapsedTime(other, timestamp);
        void Trace(string part, DateTimeOffset start, DateTimeOffset end)
        {
            using var span = s_source.StartActivity($"afa.train.{part}", ActivityKind.Internal, step.Context, startTime: start);
            span?.SetEndTime(end.UtcDateTime);
        }

        Trace(StepClock.Data, At(started), At(started) + waited);
        foreach (var interval in intervals)
        {
            Trace(interval.Part, At(interval.Started), At(interval.Ended));
        }
    }

    /// <summary>The loss or the gradient of a trainer's step was infinite or not a number.</summary>
    public void LossNotFinite() => Interlocked.Increment(ref _notFinite);

    /// <summary>Records one trainer's contribution to a sum.</summary>
    /// <param name="started">From <see cref="Stopwatch.GetTimestamp"/>, before the contribution.</param>
    public void Reduced(int sizeInBytes, long started)
    {
        _gradientBytes.Add(sizeInBytes);
        _reduceDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    /// <summary>Records a checkpoint that was stored.</summary>
    /// <param name="started">From <see cref="Stopwatch.GetTimestamp"/>, before the write.</param>
    public void CheckpointWritten(long sizeInBytes, long started)
    {
        _checkpointBytes.Add(sizeInBytes);
        _checkpointDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    /// <summary>Records a checkpoint that could not be stored.</summary>
    public void CheckpointFailed() => Interlocked.Increment(ref _checkpointFailures);

    internal void EndWork(RunTelemetry run, TagList labels)
    {
        if (_atWork.TryRemove(run, out _))
        {
            _runs.Add(-1, labels);
        }
    }

    private double LongestIdle() => _atWork.Keys.Select(run => run.Idle.TotalSeconds).DefaultIfEmpty().Max();

    private static string LabelOf(TrainingMethod method) => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(method.ToString());
}
