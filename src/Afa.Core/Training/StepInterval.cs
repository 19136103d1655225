namespace Afa.Training;

/// <summary>One stretch of a step.</summary>
/// <param name="Part">A name of <see cref="StepClock"/>.</param>
/// <param name="Started">As <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/> tells the time.</param>
/// <param name="Ended">As <paramref name="Started"/>.</param>
public readonly record struct StepInterval(string Part, long Started, long Ended);
