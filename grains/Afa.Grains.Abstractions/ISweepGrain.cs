namespace Afa.Grains;

/// <summary>Many trainings and the evaluation of each, as one job. The key is the sweep's name.</summary>
[Alias("afa.sweep")]
public interface ISweepGrain : IGrainWithStringKey
{
    /// <summary>Starts the sweep. Repeating the call with the same plan has no further effect.</summary>
    /// <param name="planJson">JSON of <c>Afa.Sweeps.SweepPlan</c>.</param>
    /// <exception cref="InvalidOperationException">The sweep exists with another plan.</exception>
    [Alias("start")]
    Task StartAsync(string planJson);

    /// <summary>Goes on: finished trials are not run again, unfinished ones go on from their checkpoints, failed ones are tried again. Does nothing if the sweep is at work.</summary>
    /// <exception cref="InvalidOperationException">The sweep was never started, or was canceled.</exception>
    [Alias("resume")]
    Task ResumeAsync();

    /// <summary>Asks the trainings under way to pause with a checkpoint, and starts no further ones.</summary>
    /// <exception cref="InvalidOperationException">The sweep was never started.</exception>
    [Alias("pause")]
    Task PauseAsync();

    /// <summary>Asks the sweep to stop for good, with the trials under way. Has no effect on one that is complete.</summary>
    /// <exception cref="InvalidOperationException">The sweep was never started.</exception>
    [Alias("cancel")]
    Task CancelAsync();

    /// <summary>Returns null if the sweep was never started.</summary>
    [Alias("status")]
    Task<SweepStatus?> GetStatusAsync();

    /// <summary>JSON of the <c>Afa.Sweeps.SweepDocument</c> of what is finished so far; null if the sweep was never started.</summary>
    [Alias("result")]
    Task<string?> GetResultAsync();
}
