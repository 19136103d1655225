using Spectre.Console;

namespace Afa.Client.Output;

/// <summary>Progress as a bar that moves.</summary>
internal sealed class TerminalProgress(IAnsiConsole terminal, ProgressContext progress) : IProgressView
{
    private ProgressTask? _bar;

    /// <summary>Lines below the bar.</summary>
    public IReadOnlyList<string> Lines { get; private set; } = [];

    public void Update(ProgressState state)
    {
        var title = Markup.Escape(state.Title);
        _bar ??= progress.AddTask(title);
        _bar.Description = title;
        _bar.MaxValue = state.Share is null ? Math.Max(1, state.Total) : 1;
        _bar.Value = state.Share ?? state.Done;
        DetailColumn.Set(_bar, state.Detail);
        var width = state.Lines.Select(line => line.Name.Length).DefaultIfEmpty().Max();
        Lines = [.. state.Lines.Select(line => $"  {line.Name.PadRight(width)} {line.Text}")];
    }

    public void WriteLine(string line) => terminal.WriteLine(line);
}
