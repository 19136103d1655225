using Spectre.Console;

namespace Afa.Client.Output;

/// <summary>Progress as a bar that moves.</summary>
internal sealed class TerminalProgress(IAnsiConsole terminal, ProgressContext progress) : IProgressView
{
    private ProgressTask? _bar;

    public void Update(ProgressState state)
    {
        var title = Markup.Escape(state.Title);
        _bar ??= progress.AddTask(title);
        _bar.Description = title;
        _bar.MaxValue = Math.Max(1, state.Total);
        _bar.Value = state.Done;
        DetailColumn.Set(_bar, state.Detail);
    }

    public void WriteLine(string line) => terminal.WriteLine(line);
}
