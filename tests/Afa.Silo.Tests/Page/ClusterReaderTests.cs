using System.Text.Json;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Silo.Page;
using Afa.Training;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Afa.Tests.Silo.Page;

public sealed class ClusterReaderTests
{
    private readonly FakeTimeProvider _time = new(SampleView.Now);
    private readonly List<string> _questions = [];
    private readonly Dictionary<string, Func<object?[], Task>> _answers;
    private readonly ClusterReader _reader;
    private IReadOnlyList<TrainingRunStatus> _runs = [SampleView.Run("mine")];
    private IReadOnlyList<EvaluationStatus> _evaluations = [];
    private Exception? _failure;

    public ClusterReaderTests()
    {
        _answers = new()
        {
            [nameof(IAfaControl.ListTrainingsAsync)] = _ => Answer(_runs),
            [nameof(IAfaControl.ListEvaluationsAsync)] = _ => Answer(_evaluations),
            [nameof(IAfaControl.ListSweepsAsync)] = _ => Answer<IReadOnlyList<SweepStatus>>([]),
            [nameof(IAfaControl.ListFederationsAsync)] = _ => Answer<IReadOnlyList<FederationStatus>>([]),
            [nameof(IAfaControl.ListSilosAsync)] = _ => Task.FromResult<IReadOnlyList<SiloLoad>>([]),
            [nameof(IAfaControl.GetTrainingAsync)] = arguments => Task.FromResult(_runs.FirstOrDefault(run => run.Run == (string)arguments[0]!)),
            [nameof(IAfaControl.GetEvaluationResultAsync)] = arguments => Answer<string?>(Result((string)arguments[0]!)),
        };
        _reader = new ClusterReader(ControlProxy.Create(_answers, _questions), _time, NullLogger<ClusterReader>.Instance);
    }

    [Fact]
    public async Task Get_ManyViewersWithinASecond_AskOnce()
    {
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => _reader.GetAsync()));
        Assert.Single(_questions, nameof(IAfaControl.ListTrainingsAsync));

        _time.Advance(TimeSpan.FromSeconds(1));
        await _reader.GetAsync();
        Assert.Equal(2, _questions.Count(question => question == nameof(IAfaControl.ListTrainingsAsync)));
    }

    [Fact]
    public async Task Get_CompletedEvaluations_ReadsEachResultOnce_SomeAtATime()
    {
        _evaluations = [.. Enumerable.Range(0, 60).Select(i => Evaluation($"e{i}")), Evaluation("running") with { State = RunState.Running }];

        var first = await NextAsync();
        Assert.Equal(50, first.Results.Count);
        Assert.Contains("50 of 60 results are read so far", Assert.Single(first.Problems), StringComparison.Ordinal);
        var second = await NextAsync();
        var third = await NextAsync();

        Assert.Equal(60, third.Results.Count);
        Assert.Empty(third.Problems);
        Assert.Equal(60, _questions.Count(question => question == nameof(IAfaControl.GetEvaluationResultAsync)));
        Assert.Same(second.Leaderboard, third.Leaderboard);   // Nothing is ranked again.
        Assert.Equal(60, Assert.Single(third.Leaderboard).Rows.Count);
        Assert.DoesNotContain(nameof(IAfaControl.ListCheckpointsAsync), _questions);
        Assert.All(third.Results.Values.SelectMany(document => document.Results), result => Assert.Empty(result.Examples));
    }

    [Fact]
    public async Task Get_EvaluationDoneAnewUnderTheSameName_IsReadAgain()
    {
        _evaluations = [Evaluation("e")];
        await NextAsync();
        _evaluations = [Evaluation("e") with { CreatedAt = SampleView.Now.AddHours(1) }];
        await NextAsync();

        Assert.Equal(2, _questions.Count(question => question == nameof(IAfaControl.GetEvaluationResultAsync)));

        _evaluations = [];
        Assert.Empty((await NextAsync()).Leaderboard);   // What is gone is forgotten.
    }

    [Fact]
    public async Task Get_StoreIsAway_ShowsWhatWasKnownAndFollowsTheRunsAtWork()
    {
        await NextAsync();
        var seenAt = PageText.Exact(_time.GetUtcNow());
        _failure = new IOException("The disk is gone.\nStack");
        _runs = [SampleView.Run("mine") with { Step = 75 }];

        await NextAsync();
        var view = await NextAsync();

        Assert.Equal(75, Assert.Single(view.Runs).Step);
        Assert.Contains($"The runs cannot be listed and are shown as of {seenAt}: The disk is gone.", view.Problems);
        Assert.Equal(4, view.Problems.Count);   // Runs, evaluations, sweeps, federations.

        _failure = null;
        Assert.Empty((await NextAsync()).Problems);
    }

    [Fact]
    public async Task Get_ListThatDoesNotCome_IsNotWaitedForLong()
    {
        _answers[nameof(IAfaControl.ListSweepsAsync)] = _ => new TaskCompletionSource<IReadOnlyList<SweepStatus>>().Task;
        var reading = _reader.GetAsync();
        while (!reading.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        var view = await reading;
        Assert.Equal("mine", Assert.Single(view.Runs).Run);
        Assert.Equal("The sweeps cannot be listed: no answer within 4 s.", Assert.Single(view.Problems));
    }

    [Theory]
    [InlineData("""{ "no": 1 }""")]
    [InlineData("""{ "evaluation": "bad", "createdAt": "2026-11-25T12:00:00Z", "seconds": 1, "results": null }""")]
    public async Task Get_ResultThatIsNoResult_HidesNothingElse(string result)
    {
        _evaluations = [Evaluation("bad"), Evaluation("good")];
        _answers[nameof(IAfaControl.GetEvaluationResultAsync)] = arguments => Answer<string?>((string)arguments[0]! == "bad" ? result : Result("good"));

        var view = await NextAsync();

        Assert.Equal(["good"], view.Results.Keys);
        Assert.StartsWith("The result of evaluation bad cannot be read:", Assert.Single(view.Problems), StringComparison.Ordinal);
    }

    private Task<ClusterView> NextAsync()
    {
        _time.Advance(TimeSpan.FromSeconds(2));
        return _reader.GetAsync();
    }

    private Task<T> Answer<T>(T answer) => _failure is null ? Task.FromResult(answer) : Task.FromException<T>(_failure);

    private static EvaluationStatus Evaluation(string name) => new(name, RunState.Completed, "{}", SampleView.Now, 1, 1, [], [], 1, 0, null, TimeSpan.Zero, null);

    private static string Result(string name)
    {
        var document = SampleView.Of(name).Results.Values.Single();
        var example = new ExampleImage(0, 1, 1, 1, [0], [0], [0], "a", "a", "b");
        return JsonSerializer.Serialize(document with { Results = [document.Results[0] with { Dataset = "d", Epsilon = "0.1", Checkpoint = name, Examples = [example] }] }, AfaJson.Options);
    }
}
