using System.Diagnostics;

namespace Afa.Silo;

/// <summary>Repeats a client's call while a silo is being replaced by another. Every call of the cluster's may arrive twice.</summary>
internal sealed class PatientCalls : IOutgoingGrainCallFilter
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(500);

    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await context.Invoke();
                return;
            }
            catch (Exception exception) when (exception is OrleansException or TimeoutException && Stopwatch.GetElapsedTime(started) < s_patience)
            {
                await Task.Delay(s_interval);
            }
        }
    }
}
