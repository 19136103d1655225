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
    /// <exception cref="InvalidOperationException">The run was never started.</exception>
    [Alias("resume")]
    Task ResumeAsync();

    /// <summary>Asks the run to finish its step, write a checkpoint and stop.</summary>
    [Alias("pause")]
    Task PauseAsync();

    /// <summary>Returns null if the run was never started.</summary>
    [Alias("status")]
    Task<TrainingRunStatus?> GetStatusAsync();
}
