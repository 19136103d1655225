using System.Text.Json;
using Afa.Training;
using Spectre.Console;

namespace Afa.Client.Output;

/// <summary>Where a command writes: text for people, and at most one JSON document for programs.</summary>
internal sealed class ClientOutput(ClientContext context, bool json)
{
    /// <summary>Whether standard output belongs to a JSON document.</summary>
    public bool IsJson { get; } = json;

    /// <summary>Text for people: standard output, or standard error beside a JSON document.</summary>
    public TextWriter Text { get; } = json ? context.Error : context.Output;

    /// <summary>The terminal that <see cref="Text"/> ends at; null if it ends elsewhere.</summary>
    public IAnsiConsole? Terminal { get; } = context.Terminal(json ? context.Error : context.Output);

    /// <summary>Writes the JSON document, if one was asked for.</summary>
    public void WriteDocument<T>(T document)
    {
        if (IsJson)
        {
            context.Output.WriteLine(JsonSerializer.Serialize(document, AfaJson.Options));
        }
    }

    /// <summary>Writes names and values in two columns.</summary>
    public void WritePairs(IEnumerable<(string Name, string Value)> pairs)
    {
        foreach (var (name, value) in pairs)
        {
            Text.WriteLine($"{name,-11} {value}");
        }
    }

    /// <summary>Writes a table: with borders on a terminal, else as Markdown.</summary>
    public void WriteTable(IReadOnlyList<string> headers, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        if (Terminal is not null)
        {
            var table = new Table().Border(TableBorder.Rounded).AddColumns([.. headers.Select(header => new TableColumn(Markup.Escape(header)))]);
            foreach (var row in rows)
            {
                table.AddRow([.. row.Select(Markup.Escape)]);
            }

            Terminal.Write(table);
            return;
        }

        WriteMarkdownTable(headers, rows);
    }

    /// <summary>Writes a table as Markdown.</summary>
    public void WriteMarkdownTable(IReadOnlyList<string> headers, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var widths = headers.Select((header, column) => rows.Select(row => row[column].Length).Append(header.Length).Max()).ToArray();
        Text.WriteLine(Line(headers));
        Text.WriteLine(Line([.. widths.Select(width => new string('-', width))]));
        foreach (var row in rows)
        {
            Text.WriteLine(Line(row));
        }

        string Line(IReadOnlyList<string> cells) => $"| {string.Join(" | ", cells.Select((cell, column) => cell.PadRight(widths[column])))} |";
    }

    /// <summary>Writes a reason to doubt what the command shows, on standard error.</summary>
    public void WriteWarning(string warning) => context.Error.WriteLine($"warning: {warning}");

    /// <summary>Shows the progress of some work while it goes on.</summary>
    public async Task<T> WithProgressAsync<T>(Func<IProgressView, Task<T>> work)
    {
        if (Terminal is null)
        {
            return await work(new PlainProgress(Text, context.Clock));
        }

        TerminalProgress? view = null;
        return await Terminal.Progress()
            .AutoClear(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 20 }, new PercentageColumn(), new DetailColumn())
            .UseRenderHook((bar, _) => new Rows([bar, .. (view?.Lines ?? []).Select(line => new Text(line) { Overflow = Overflow.Ellipsis })]))
            .StartAsync(progress => work(view = new TerminalProgress(Terminal, progress)));
    }
}
