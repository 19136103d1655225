using System.Diagnostics;
using System.Diagnostics.Metrics;
using Afa.Data;
using Afa.Training;

namespace Afa.Telemetry;

/// <summary>What can be measured of training and its checkpoints: meter and activity source <c>afa.training</c>.</summary>
/// <remarks>Labels have few values: method, model and data set, never the name of a run. Sums and rates are over the runs of a silo; gauges show the run that wrote last.</remarks>
public sealed class TrainingTelemetry
{
    public const string Name = "afa.training";

    private static readonly ActivitySource s_source = new(Name);

    private readonly Counter<long> _images;
    private readonly Histogram<double> _stepDuration;
    private readonly Gauge<double> _loss;
    private readonly Gauge<double> _cleanAccuracy;
    private readonly Gauge<double> _robustAccuracy;
    private readonly Counter<long> _gradientBytes;
    private readonly Histogram<double> _reduceDuration;
    private readonly Counter<long> _checkpointBytes;
    private readonly Histogram<double> _checkpointDuration;
    private readonly UpDownCounter<int> _runs;
    private long _checkpointFailures;

    public TrainingTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _images = meter.CreateCounter<long>("afa.train.images", "{image}", "Images that a step was taken on.");
        _stepDuration = meter.CreateHistogram("afa.train.step.duration", "s", "Time of each part of a trainer's step.", advice: Durations.Advice);
        _loss = meter.CreateGauge<double>("afa.train.loss", description: "Loss of the last step.");
        _cleanAccuracy = meter.CreateGauge<double>("afa.train.clean_accuracy.ratio", "1", "Accuracy of the last epoch on clean images: of its training batches, or of the held-out images.");
        _robustAccuracy = meter.CreateGauge<double>("afa.train.robust_accuracy.ratio", "1", "Accuracy of the last epoch on attacked images: of its training batches, or of the held-out images.");
        _gradientBytes = meter.CreateCounter<long>("afa.gradient.bytes", "By", "Bytes that trainers contributed to sums.");
        _reduceDuration = meter.CreateHistogram("afa.gradient.reduce.duration", "s", "Time from a trainer's contribution to the sum.", advice: Durations.Advice);
        _checkpointBytes = meter.CreateCounter<long>("afa.checkpoint.bytes", "By", "Bytes of tensors in checkpoints that were stored.");
        _checkpointDuration = meter.CreateHistogram("afa.checkpoint.write.duration", "s", "Time to store a checkpoint and verify it.", advice: Durations.Advice);
        meter.CreateObservableCounter("afa.checkpoint.failures", () => Interlocked.Read(ref _checkpointFailures), "{failure}", "Checkpoints that could not be stored.");   // Seen from the start, as alerts need the 0.
        _runs = meter.CreateUpDownCounter<int>("afa.run.info", "{run}", "Runs at work, by method, model and data set.");
    }

    /// <summary>Counts a run as at work until what is returned is disposed.</summary>
    public IDisposable RunAtWork(string run, TrainingOptions options)
    {
        TagList labels =
        [
            new("method", LabelOf(options.Method)),
            new("model", options.Model),
            new("dataset", DatasetRegistry.IsPath(options.Dataset) ? "folder" : options.Dataset),
        ];
        _runs.Add(1, labels);
        var activity = s_source.StartActivity("afa.train.run")?.SetTag("afa.run", run);
        return new Ending(() =>
        {
            _runs.Add(-1, labels);
            activity?.Dispose();
        });
    }

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
    /// <param name="activity">The span that gets them too.</param>
    public void StepTaken(int images, TimeSpan waited, IReadOnlyDictionary<string, double> phaseSeconds, Activity? activity)
    {
        _images.Add(images);
        foreach (var (phase, spent) in phaseSeconds)
        {
            var seconds = phase == StepClock.Data ? spent + waited.TotalSeconds : spent;
            _stepDuration.Record(seconds, new KeyValuePair<string, object?>("phase", phase));
            activity?.SetTag($"afa.{phase}.seconds", seconds);
        }
    }

    /// <summary>Records the loss of a step over the global batch.</summary>
    public void LossSeen(string phase, double loss) => _loss.Record(loss, new KeyValuePair<string, object?>("phase", phase));

    /// <summary>Records the accuracies of an epoch; what is null was not measured.</summary>
    /// <param name="images">"training" or "validation".</param>
    public void EpochEnded(string images, double? cleanAccuracy, double? robustAccuracy)
    {
        var label = new KeyValuePair<string, object?>("images", images);
        if (cleanAccuracy is { } clean)
        {
            _cleanAccuracy.Record(clean, label);
        }

        if (robustAccuracy is { } robust)
        {
            _robustAccuracy.Record(robust, label);
        }
    }

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

    private static string LabelOf(TrainingMethod method) => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(method.ToString());

    private sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
