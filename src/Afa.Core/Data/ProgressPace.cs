using System.Diagnostics;

namespace Afa.Data;

/// <summary>Says when a pass over images is to be reported: at its end and twice a second, however long an image takes.</summary>
/// <param name="total">Images of the pass.</param>
internal sealed class ProgressPace(long total)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(0.5);

    private long _last = Stopwatch.GetTimestamp();

    /// <param name="done">Images so far.</param>
    public bool IsDue(long done)
    {
        if (done < total && Stopwatch.GetElapsedTime(_last) < s_interval)
        {
            return false;
        }

        _last = Stopwatch.GetTimestamp();
        return true;
    }
}
