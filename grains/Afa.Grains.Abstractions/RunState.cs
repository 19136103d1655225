namespace Afa.Grains;

/// <summary>Where a training run, an evaluation or a sweep stands.</summary>
[GenerateSerializer, Alias("afa.run-state")]
public enum RunState
{
    /// <summary>Known, not started.</summary>
    Pending = 0,

    /// <summary>At work, or to be taken up again by whichever silo activates it next.</summary>
    Running = 1,

    /// <summary>Stopped on request, with a checkpoint; can be resumed.</summary>
    Paused = 2,

    /// <summary>Done.</summary>
    Completed = 3,

    /// <summary>Stopped by an error, which the status names; can be resumed from the last checkpoint.</summary>
    Failed = 4,

    /// <summary>Given up on request; never goes on. What it stored stays.</summary>
    Canceled = 5,
}
