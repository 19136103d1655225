using System.CommandLine;
using Afa.Client.Commands;
using Xunit;

namespace Afa.Client.Tests;

public sealed class AfaCommandLineTests : IDisposable
{
    private readonly ClientHarness _client = new();

    public static TheoryData<string> CommandPaths
    {
        get
        {
            var context = new ClientContext { Output = TextWriter.Null, Error = TextWriter.Null, Connect = null!, Interrupt = default };
            return [.. Paths(new AfaRootCommand(context), "")];
        }
    }

    public void Dispose() => _client.Dispose();

    [Theory]
    [MemberData(nameof(CommandPaths))]
    public async Task Help_EveryCommand_HasAnExampleThatParses(string path)
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync([.. path.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]));

        var examples = _client.Output[_client.Output.IndexOf("Examples:", StringComparison.Ordinal)..].Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)[1..];
        Assert.NotEmpty(examples);
        var context = new ClientContext { Output = TextWriter.Null, Error = TextWriter.Null, Connect = null!, Interrupt = default };
        Assert.All(examples, example =>
        {
            Assert.StartsWith($"afa {path}".TrimEnd(), example, StringComparison.Ordinal);
            Assert.Empty(new AfaRootCommand(context).Parse(example["afa ".Length..].Split('#')[0]).Errors);
        });
    }

    [Theory]
    [InlineData("Unknown option '--epoch'; did you mean '--epochs'?", "train", "--epoch", "3")]
    [InlineData("Unknown command 'trian'; did you mean 'train'? Commands: train, evaluate", "trian")]
    [InlineData("A command is needed: train, evaluate")]
    [InlineData("A command is needed: list, show, import, export, delete.", "checkpoints")]
    [InlineData("Unexpected argument 'more'.", "train", "more")]
    [InlineData("CHECKPOINT", "evaluate")]
    [InlineData("'--epochs'", "train", "--epochs")]
    public async Task CommandLine_WrongUse_IsExplainedOnErrorWithExitCodeTwo(string expected, params string[] arguments)
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync(arguments));
        Assert.StartsWith("error: ", _client.Error, StringComparison.Ordinal);
        Assert.Contains(expected, _client.Error, StringComparison.Ordinal);
        Assert.Contains("--help' for what is possible.", _client.Error, StringComparison.Ordinal);
        Assert.Empty(_client.Output);
    }

    [Fact]
    public async Task Command_UnexpectedException_HidesTheStackTraceUnlessDebugging()
    {
        _client.ConnectError = new InvalidOperationException("The silo did not start.");

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("train"));
        Assert.Contains("The silo did not start.", _client.Error, StringComparison.Ordinal);
        Assert.Contains("AFA_DEBUG=1", _client.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", _client.Error, StringComparison.Ordinal);

        _client.Environment["AFA_DEBUG"] = "1";
        await _client.RunAsync("train");
        Assert.Contains("   at ", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_ExceptionWithAStackTraceInItsMessage_ShowsTheMessageOnly()
    {
        _client.ConnectError = new InvalidOperationException("The disk is full.\n   at Some.Method()\n--- End of stack trace from previous location ---\n");

        await _client.RunAsync("train");

        Assert.StartsWith("error: The disk is full. (InvalidOperationException)\n", _client.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_InterruptedWhileConnecting_SaysSo()
    {
        _client.ConnectError = new OperationCanceledException();
        _client.Interrupt();

        Assert.Equal(ExitCode.Failure, await _client.RunAsync("train"));
        Assert.Equal("Interrupted.", _client.Error.Trim());
    }

    [Fact]
    public async Task Store_GivenInEnvironmentAndOption_OptionWins()
    {
        await _client.RunAsync("runs", "--store", Path.Combine(_client.Folder, "other"));

        Assert.Contains(Path.Combine(_client.Folder, "other"), _client.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("runs")]
    [InlineData("train")]
    [InlineData("leaderboard")]
    public async Task Store_AddressWithASecret_IsRefusedAndNotRepeated(string command)
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync(command, "--store", "https://account.blob.core.windows.net/container?sig=SECRET"));

        Assert.Contains("AFA_STORE_CONNECTION_STRING", _client.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", _client.Error + _client.Output, StringComparison.Ordinal);
        Assert.Equal(0, _client.Connections);
    }

    [Fact]
    public async Task Store_ConnectionStringOfAnotherAccount_IsRefused()
    {
        _client.Environment["AFA_STORE_CONNECTION_STRING"] = "DefaultEndpointsProtocol=https;AccountName=mine;AccountKey=U0VDUkVU;EndpointSuffix=core.windows.net";

        Assert.Equal(ExitCode.Usage, await _client.RunAsync("runs", "--store", "https://other.blob.core.windows.net/container"));

        Assert.Contains("account mine", _client.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("U0VDUkVU", _client.Error, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Paths(Command command, string path) =>
        command.Subcommands.SelectMany(child => Paths(child, $"{path} {child.Name}".TrimStart())).Prepend(path);
}
