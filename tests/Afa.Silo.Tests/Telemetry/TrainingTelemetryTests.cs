using Afa.Grains;
using Afa.Telemetry;
using Afa.Training;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Afa.Tests.Silo.Telemetry;

public sealed class TrainingTelemetryTests : IDisposable
{
    private const string Labels = "method=pgd-at,model=small-cnn,dataset=folder";
    private static readonly TrainingOptions s_options = new() { Method = TrainingMethod.PgdAt, Model = "small-cnn", Dataset = "/data/photos" };

    private readonly Measurements _measured = new();
    private readonly FakeTimeProvider _time = new();
    private readonly TrainingTelemetry _telemetry;

    public TrainingTelemetryTests() => _telemetry = new TrainingTelemetry(_measured.Factory, _time);

    public void Dispose() => _measured.Dispose();

    [Fact]
    public void RunAtWork_CountsWhileItWorks_WithoutNamesOfRunsAndFolders()
    {
        using (var run = _telemetry.RunAtWork("my-run", s_options))
        {
            Assert.Equal(1, _measured[$"afa.run.info{{{Labels}}}"]);
            run.Dispose();   // Again by 'using', without further effect.
        }

        Assert.Equal(0, _measured[$"afa.run.info{{{Labels}}}"]);
        Assert.Single(_measured.Names);
    }

    [Fact]
    public void Idle_IsOfTheRunThatHasGoneLongestWithoutAStep()
    {
        using var first = _telemetry.RunAtWork("first", s_options);
        _time.Advance(TimeSpan.FromSeconds(30));
        var second = _telemetry.RunAtWork("second", s_options);
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(50, Idle());

        first.StepTaken("training", loss: 2);
        Assert.Equal(20, Idle());

        second.Dispose();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, Idle());

        first.Dispose();
        Assert.Equal(0, Idle());
    }

    [Fact]
    public void StepTaken_TheWaitForImagesIsPartOfTheData()
    {
        _telemetry.StepTaken(64, TimeSpan.FromSeconds(2), new Dictionary<string, double> { [StepClock.Data] = 1, [StepClock.Attack] = 4 });

        Assert.Equal((3, 4), (_measured["afa.train.step.duration{phase=data}"], _measured["afa.train.step.duration{phase=attack}"]));
        Assert.Equal(64, _measured["afa.train.images"]);
    }

    [Fact]
    public void WhatAlertsWatch_IsThereBeforeItHappens()
    {
        string[] names = ["afa.checkpoint.failures", "afa.run.ended{state=canceled}", "afa.run.ended{state=completed}", "afa.run.ended{state=failed}", "afa.run.ended{state=paused}", "afa.run.recoveries", "afa.train.loss.not_finite"];
        _measured.Observe();
        Assert.Equal(names, _measured.Names.Where(name => name != "afa.run.idle").Order(StringComparer.Ordinal));
        Assert.All(names, name => Assert.Equal(0, _measured[name]));

        _telemetry.CheckpointFailed();
        foreach (var end in Enum.GetValues<RunState>().Except([RunState.Pending, RunState.Running]))
        {
            _telemetry.RunEnded(end.ToString().ToLowerInvariant());
        }

        _telemetry.RunRecovered();
        _telemetry.LossNotFinite();
        _measured.Observe();
        Assert.All(names, name => Assert.Equal(1, _measured[name]));
    }

    [Fact]
    public void EpochEnded_WhatWasNotMeasuredIsNotShown()
    {
        using var run = _telemetry.RunAtWork("run", s_options);
        run.EpochEnded("training", 0.75, null);
        Assert.Equal([$"afa.run.info{{{Labels}}}", $"afa.train.clean_accuracy.ratio{{{Labels},images=training}}"], _measured.Names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void EpochEnded_TheBestIsThatOfTheRun()
    {
        const string Last = $"afa.train.robust_accuracy.ratio{{{Labels},images=validation}}";
        const string Best = $"afa.train.robust_accuracy.best.ratio{{{Labels},images=validation}}";
        using (var run = _telemetry.RunAtWork("run", s_options))
        {
            run.EpochEnded("validation", 0.6, 0.3);
            run.EpochEnded("validation", 0.8, 0.1);
            run.EpochEnded("training", 0.8, 0.9);
            Assert.Equal((0.1, 0.3), (_measured[Last], _measured[Best]));
        }

        using var next = _telemetry.RunAtWork("next", s_options);
        next.EpochEnded("validation", 0.2, 0.05);
        Assert.Equal((0.05, 0.05), (_measured[Last], _measured[Best]));
    }

    private double Idle()
    {
        _measured.Observe();
        return _measured["afa.run.idle"];
    }
}
