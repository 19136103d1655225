using Orleans.Concurrency;

namespace Afa.Grains;

/// <summary>The state machine of one training run. The key is the run's name.</summary>
[Alias("afa.training-run")]
public interface ITrainingRunGrain : IGrainWithStringKey
{
    /// <summary>Starts the run. Repeating the call with the same options has no further effect.</summary>
    /// <exception cref="InvalidOperationException">The run exists with other options.</exception>
    [Alias("start")]
    Task StartAsync(string optionsJson);

    /// <summary>Goes on from the last good checkpoint. Does nothing if the run is at work or complete.</summary>
    /// <exception cref="InvalidOperationException">The run was never started, or was canceled.</exception>
    [Alias("resume")]
    Task ResumeAsync();

    /// <summary>Asks the run to finish its step, write a checkpoint and stop.</summary>
    /// <exception cref="InvalidOperationException">The run was never started.</exception>
    [Alias("pause")]
    Task PauseAsync();

    /// <summary>Asks the run to stop for good after its step. Has no effect on one that is complete.</summary>
    /// <exception cref="InvalidOperationException">The run was never started.</exception>
    [Alias("cancel")]
    Task CancelAsync();

    /// <summary>
    /// Has the run finish its step and write a checkpoint as a silo is about to end that has a part in it, and then go on without that
    /// silo. Completes when the checkpoint is written.
    /// </summary>
    /// <remarks>Interleaves, as others ask for the status while a checkpoint is on its way.</remarks>
    [Alias("hand-over"), AlwaysInterleave, ResponseTimeout("00:10:00")]
    Task HandOverAsync(SiloAddress leaving);

    /// <summary>Returns null if the run was never started.</summary>
    [Alias("status")]
    Task<TrainingRunStatus?> GetStatusAsync();
}
