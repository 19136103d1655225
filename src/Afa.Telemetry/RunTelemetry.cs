using System.Diagnostics;

namespace Afa.Telemetry;

/// <summary>Measures one run for as long as it is at work on this silo, which is until it is disposed.</summary>
public sealed class RunTelemetry : IDisposable
{
    private readonly TrainingTelemetry _telemetry;
    private readonly TagList _labels;
    private readonly Activity? _activity;
    private readonly Dictionary<string, double> _best = [];
    private long _lastStep;

    /// <param name="labels">Method, model and data set.</param>
    /// <param name="activity">The run's span.</param>
    internal RunTelemetry(TrainingTelemetry telemetry, TagList labels, Activity? activity)
    {
        _telemetry = telemetry;
        _labels = labels;
        _activity = activity;
        _lastStep = telemetry.Time.GetTimestamp();
    }

    /// <summary>Time since the last step, or since the work began.</summary>
    internal TimeSpan Idle => _telemetry.Time.GetElapsedTime(Interlocked.Read(ref _lastStep));

    /// <summary>All trainers have taken a step.</summary>
    /// <param name="loss">Over the global batch.</param>
    public void StepTaken(string phase, double loss)
    {
        Interlocked.Exchange(ref _lastStep, _telemetry.Time.GetTimestamp());
        _telemetry.Loss.Record(loss, With("phase", phase));
    }

    /// <summary>Records the accuracies of an epoch; what is null was not measured.</summary>
    /// <param name="images">"training" or "validation".</param>
    public void EpochEnded(string images, double? cleanAccuracy, double? robustAccuracy)
    {
        var labels = With("images", images);
        if (cleanAccuracy is { } clean)
        {
            _telemetry.CleanAccuracy.Record(clean, labels);
        }

        if (robustAccuracy is { } robust)
        {
            _best[images] = Math.Max(robust, _best.GetValueOrDefault(images));
            _telemetry.RobustAccuracy.Record(robust, labels);
            _telemetry.BestRobustAccuracy.Record(_best[images], labels);
        }
    }

    public void Dispose()
    {
        _telemetry.EndWork(this, _labels);
        _activity?.Dispose();
    }

    private TagList With(string label, string value)
    {
        var labels = _labels;   // A copy.
        labels.Add(label, value);
        return labels;
    }
}
