using Afa.Telemetry;
using Afa.Training;
using Xunit;

namespace Afa.Tests.Silo.Telemetry;

public sealed class TrainingTelemetryTests : IDisposable
{
    private readonly Measurements _measured = new();
    private readonly TrainingTelemetry _telemetry;

    public TrainingTelemetryTests() => _telemetry = new TrainingTelemetry(_measured.Factory);

    public void Dispose() => _measured.Dispose();

    [Fact]
    public void RunAtWork_CountsWhileItWorks_WithoutNamesOfRunsAndFolders()
    {
        const string Labels = "afa.run.info{method=pgd-at,model=small-cnn,dataset=folder}";
        using (_telemetry.RunAtWork("my-run", new TrainingOptions { Method = TrainingMethod.PgdAt, Model = "small-cnn", Dataset = "/data/photos" }))
        {
            Assert.Equal(1, _measured[Labels]);
        }

        Assert.Equal(0, _measured[Labels]);
        Assert.Single(_measured.Names);
    }

    [Fact]
    public void StepTaken_TheWaitForImagesIsPartOfTheData()
    {
        _telemetry.StepTaken(64, TimeSpan.FromSeconds(2), new Dictionary<string, double> { [StepClock.Data] = 1, [StepClock.Attack] = 4 }, activity: null);

        Assert.Equal((3, 4), (_measured["afa.train.step.duration{phase=data}"], _measured["afa.train.step.duration{phase=attack}"]));
        Assert.Equal(64, _measured["afa.train.images"]);
    }

    [Fact]
    public void CheckpointFailures_AreThereBeforeTheFirst()
    {
        _measured.Observe();
        Assert.Contains("afa.checkpoint.failures", _measured.Names);
        _telemetry.CheckpointFailed();
        _measured.Observe();
        Assert.Equal(1, _measured["afa.checkpoint.failures"]);
    }

    [Fact]
    public void EpochEnded_WhatWasNotMeasuredIsNotShown()
    {
        _telemetry.EpochEnded("training", 0.75, null);
        Assert.Equal(["afa.train.clean_accuracy.ratio{images=training}"], _measured.Names);
    }
}
