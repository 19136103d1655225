using Afa.Client.Output;
using Spectre.Console;
using Xunit;

namespace Afa.Client.Tests.Output;

public sealed class ClientOutputTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();
    private readonly ImmediateTime _clock = new();

    public void Dispose()
    {
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public void Table_NoTerminal_IsMarkdown()
    {
        Output(isTerminal: false).WriteTable(["Name", "Value"], [["a", "[red]"], ["longer", "2"]]);

        Assert.Equal(["| Name   | Value |", "| ------ | ----- |", "| a      | [red] |", "| longer | 2     |"], Lines(_output));
    }

    [Fact]
    public void Table_Terminal_HasBordersAndShowsBracketsAsTheyAre()
    {
        Output(isTerminal: true).WriteTable(["Name"], [["[red]"]]);

        Assert.Contains("│ [red] │", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_WithJson_GoesToError()
    {
        var output = Output(isTerminal: false, json: true);
        output.Text.WriteLine("for people");
        output.WriteDocument(new { Number = 1 });

        Assert.Equal("for people", _error.ToString().Trim());
        Assert.Equal("{\"number\":1}", string.Concat(_output.ToString().Where(letter => !char.IsWhiteSpace(letter))));
    }

    [Fact]
    public async Task Progress_NoTerminal_PrintsALineEveryFiveSeconds()
    {
        await Output(isTerminal: false).WithProgressAsync(view =>
        {
            for (var second = 0; second <= 11; second++)
            {
                view.Update(new ProgressState("work", "step", second, 11, $"{second} s"));
                _clock.Advance(TimeSpan.FromSeconds(1));
            }

            view.WriteLine("done");
            return Task.FromResult(0);
        });

        Assert.Equal(["work: step 5/11, 5 s", "work: step 10/11, 10 s", "done"], Lines(_output));
    }

    [Fact]
    public async Task Progress_Terminal_ShowsBarDetailAndLines()
    {
        await Output(isTerminal: true, isInteractive: true).WithProgressAsync(view =>
        {
            view.Update(new ProgressState("features, [epoch 1]", "step", 1, 2, "120 img/s"));
            view.WriteLine("epoch 1/2 [done]");
            view.Update(new ProgressState("features, epoch 2", "step", 2, 2, "121 img/s"));
            return Task.FromResult(0);
        });

        Assert.Contains("epoch 1/2 [done]", _output.ToString(), StringComparison.Ordinal);
        Assert.Contains("features, epoch 2", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Progress_WithLines_ShowsThemBesideTheShare()
    {
        var state = new ProgressState("evaluation", "image", 1, 4, "2 images/s") { Share = 0.5, Lines = [("fgsm", "still [standing] 80 %"), ("slot 1:", "pgd-20")] };
        foreach (var isTerminal in new[] { false, true })
        {
            await Output(isTerminal, isInteractive: isTerminal).WithProgressAsync(view =>
            {
                view.Update(state);
                _clock.Advance(TimeSpan.FromSeconds(6));
                view.Update(state);
                return Task.FromResult(0);
            });
        }

        Assert.Equal("evaluation: image 1/4, 50 %, 2 images/s; fgsm still [standing] 80 %; slot 1: pgd-20", Lines(_output)[0]);
        Assert.Contains("  fgsm    still [standing] 80 %", _output.ToString(), StringComparison.Ordinal);
        Assert.Matches(@"evaluation .* 50% 2 images/s", _output.ToString());
    }

    private static string[] Lines(StringWriter writer) => writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private ClientOutput Output(bool isTerminal, bool json = false, bool isInteractive = false) => new(
        new ClientContext
        {
            Output = _output,
            Error = _error,
            Connect = (_, _) => throw new InvalidOperationException("No cluster in this test."),
            Interrupt = default,
            Clock = _clock,
            Terminal = writer => isTerminal ? Terminal(writer, isInteractive) : null,
        },
        json);

    private static IAnsiConsole Terminal(TextWriter writer, bool isInteractive) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = isInteractive ? AnsiSupport.Yes : AnsiSupport.No,
        Interactive = isInteractive ? InteractionSupport.Yes : InteractionSupport.No,
        ColorSystem = ColorSystemSupport.NoColors,
        Out = new AnsiConsoleOutput(writer),
    });
}
