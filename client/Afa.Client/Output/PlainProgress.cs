namespace Afa.Client.Output;

/// <summary>Progress as lines of text, for files and pipes.</summary>
internal sealed class PlainProgress(TextWriter output, TimeProvider clock) : IProgressView
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private long? _lastLine;

    public void Update(ProgressState state)
    {
        lock (_gate)   // A download reports from several threads.
        {
            _lastLine ??= clock.GetTimestamp();
            if (clock.GetElapsedTime(_lastLine.Value) < Interval)
            {
                return;
            }

            _lastLine = clock.GetTimestamp();
            output.WriteLine(string.Join("; ", state.Lines.Select(line => $"{line.Name} {line.Text}").Prepend($"{state.Title}: {string.Join(", ", Parts(state))}")));
        }
    }

    public void WriteLine(string line)
    {
        lock (_gate)
        {
            output.WriteLine(line);
        }
    }

    private static IEnumerable<string> Parts(ProgressState state)
    {
        if (state.Unit.Length > 0)
        {
            yield return $"{state.Unit} {state.Done}/{state.Total}";
        }

        if (state.Share is { } share)
        {
            yield return StatusText.Percent(share);
        }

        if (state.Detail.Length > 0)
        {
            yield return state.Detail;
        }
    }
}
