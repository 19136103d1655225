using Afa.Evaluation;
using Afa.Grains;
using Xunit;

namespace Afa.Client.Tests.Commands;

public sealed class LeaderboardCommandTests : IDisposable
{
    private readonly ClientHarness _client = new ClientHarness().WithStore();

    public LeaderboardCommandTests()
    {
        _client.Cluster.Evaluations.AddRange(
        [
            FakeControl.Evaluation("colors", RunState.Completed, 2, Options("cifar-10", "8/255", "colors")),
            FakeControl.Evaluation("grays", RunState.Completed, 2, Options("fashion-mnist", "0.1", "mine", "other")),
            FakeControl.Evaluation("half", RunState.Paused, 1, Options("mnist", "0.3", "half")),
        ]);
        _client.Cluster.Adjust = result => result.Checkpoint.Contains("other", StringComparison.Ordinal)
            ? result with { Attacks = [.. result.Attacks.Select(attack => attack with { Correct = 9 })], Warnings = ["Gradients vanish."] }
            : result;
    }

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Leaderboard_AllEvaluations_AreGroupedAndRanked()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("leaderboard"));

        Assert.True(_client.Output.IndexOf("cifar-10", StringComparison.Ordinal) < _client.Output.IndexOf("fashion-mnist", StringComparison.Ordinal));
        Assert.True(_client.Output.IndexOf("other/step-", StringComparison.Ordinal) < _client.Output.IndexOf("mine/step-", StringComparison.Ordinal));
        Assert.DoesNotContain("half/step-", _client.Output, StringComparison.Ordinal);
        Assert.Contains("warning: other/step-00000080: Gradients vanish.", _client.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--dataset", "cifar-10")]
    [InlineData("--epsilon", "8/255")]
    [InlineData("--epsilon", "0.03137254902")]
    [InlineData("--norm", "linf", "--dataset", "cifar-10")]
    public async Task Leaderboard_Filtered_HoldsOnlyWhatFits(params string[] filter)
    {
        await _client.RunAsync(["leaderboard", "--json", .. filter]);

        Assert.Equal(1, _client.Document.GetArrayLength());
        Assert.Equal(("cifar-10", "8/255"), (_client.Document[0].GetProperty("dataset").GetString(), _client.Document[0].GetProperty("epsilon").GetString()));
    }

    [Fact]
    public async Task Leaderboard_MarkdownAndReport_GivesBoth()
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync("leaderboard", "--markdown", "--report", Path.Combine(_client.Folder, "board")));

        Assert.Contains("## cifar-10", _client.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_client.Folder, "board", "leaderboard.html")));
    }

    [Fact]
    public async Task Leaderboard_LostResult_IsLeftOutWithAWarning()
    {
        _client.Cluster.LostResults.Add("colors");

        Assert.Equal(ExitCode.Success, await _client.RunAsync("leaderboard"));
        Assert.Contains("mine/step-", _client.Output, StringComparison.Ordinal);
        Assert.Contains("warning: Left out: Evaluation 'colors' is complete but its result is missing", _client.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("None of the 2 complete evaluations", "--norm", "l2")]
    [InlineData("None of the 2 complete evaluations", "--dataset", "mnist")]
    public async Task Leaderboard_NothingFits_SaysSo(string expected, params string[] filter)
    {
        Assert.Equal(ExitCode.Success, await _client.RunAsync(["leaderboard", .. filter]));
        Assert.Contains(expected, _client.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Unknown data set 'cifar10'. Did you mean 'cifar-10'?", "--dataset", "cifar10")]
    [InlineData("Unknown norm 'linff'. Did you mean 'linf'?", "--norm", "linff")]
    [InlineData("--epsilon: must be a decimal or a fraction", "--epsilon", "big")]
    [InlineData("--json and --markdown cannot be given together.", "--json", "--markdown")]
    public async Task Leaderboard_WrongOption_IsRefused(string expected, params string[] filter)
    {
        Assert.Equal(ExitCode.Usage, await _client.RunAsync(["leaderboard", .. filter]));
        Assert.Contains(expected, _client.Error, StringComparison.Ordinal);
    }

    private static EvaluationOptions Options(string dataset, string epsilon, params string[] runs) =>
        new() { Checkpoints = [.. runs.Select(run => FakeControl.CheckpointName(run, 8))], Dataset = dataset, Epsilons = [epsilon] };
}
