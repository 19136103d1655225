using System.CommandLine;
using Afa.Client.Control;
using Afa.Client.Output;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Shows work that another process does.</summary>
internal sealed class WatchCommand : StoreCommand
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ClientContext _context;
    private readonly Argument<string> _name = new("NAME") { Description = "Name of a training run, an evaluation, a sweep or a federation." };

    public WatchCommand(ClientContext context)
        : base(
            context,
            "watch",
            "Shows how far a training run, an evaluation, a sweep or a federation is that another process works on, until it ends. Ctrl-C ends the watching only.",
            "afa watch my-run",
            "afa watch my-evaluation",
            "afa watch my-sweep",
            "afa watch my-federation")
    {
        _context = context;
        Arguments.Add(_name);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, IAfaControl control, string store)
    {
        var output = new ClientOutput(_context, json: false);
        var name = parsed.GetValue(_name)!;
        var work = await NamedWork.FindAsync(control, name, _context.Interrupt);
        try
        {
            return work switch
            {
                { Training: { } training } => await WatchAsync(control, training, output, store),
                { Evaluation: { } evaluation } => await WatchAsync(control, evaluation, output, store),
                { Sweep: { } sweep } => await WatchAsync(control, sweep, output, store),
                _ => await WatchAsync(control, work.Federation!, output, store),
            };
        }
        catch (OperationCanceledException) when (_context.Interrupt.IsCancellationRequested)
        {
            output.Text.WriteLine($"No longer watching; '{name}' goes on.");
            return ExitCode.Success;
        }
    }

    private async Task<int> WatchAsync(IAfaControl control, TrainingRunStatus status, ClientOutput output, string store)
    {
        if (status.State == RunState.Running)
        {
            status = await output.WithProgressAsync(view =>
            {
                var shown = new ShownTraining(view, status);
                return FollowAsync(() => control.GetTrainingAsync(status.Run, _context.Interrupt), shown.Update, now => now.State);
            });
        }

        if (status.State != RunState.Completed)
        {
            throw NotRunning($"Run '{status.Run}'", status.State, $"step {status.Step} of {status.Steps}", status.Message, _context.CommandLine($"train --resume {status.Run}", store));
        }

        output.Text.WriteLine($"Trained in {StatusText.Duration(status.Elapsed)}. Checkpoint: {status.Checkpoint}");
        if (status.Message is not null)
        {
            output.Text.WriteLine(status.Message);
        }

        return ExitCode.Success;
    }

    private async Task<int> WatchAsync(IAfaControl control, EvaluationStatus status, ClientOutput output, string store)
    {
        if (status.State == RunState.Running)
        {
            status = await output.WithProgressAsync(view => FollowAsync(
                () => control.GetEvaluationAsync(status.Evaluation, _context.Interrupt), now => view.Update(EvaluationText.Progress(now)), now => now.State));
        }

        if (status.State != RunState.Completed)
        {
            throw NotRunning($"Evaluation '{status.Evaluation}'", status.State, StatusText.Percent(status.Share), status.Message, _context.CommandLine($"evaluate --resume {status.Evaluation}", store));
        }

        await new EvaluationJob(control, _context, output, store).ShowAsync(status);
        return ExitCode.Success;
    }

    private async Task<int> WatchAsync(IAfaControl control, SweepStatus status, ClientOutput output, string store)
    {
        if (status.State == RunState.Running)
        {
            status = await output.WithProgressAsync(view =>
            {
                var shown = new ShownSweep(control, view, status);
                return FollowAsync(() => control.GetSweepAsync(status.Sweep, _context.Interrupt), shown.UpdateAsync, now => now.State);
            });
        }

        if (status.State != RunState.Completed)
        {
            throw NotRunning($"Sweep '{status.Sweep}'", status.State, SweepText.Done(status), status.Message, _context.CommandLine($"sweep --resume {status.Sweep}", store));
        }

        var job = new SweepJob(control, _context, output, store);
        await job.ShowAsync(status);
        return job.Conclude(status);
    }

    private async Task<int> WatchAsync(IAfaControl control, FederationStatus status, ClientOutput output, string store)
    {
        if (status.State == RunState.Running)
        {
            status = await output.WithProgressAsync(view =>
            {
                var shown = new ShownFederation(control, view, status);
                return FollowAsync(() => control.GetFederationAsync(status.Federation, _context.Interrupt), shown.UpdateAsync, now => now.State);
            });
        }

        if (status.State != RunState.Completed)
        {
            throw NotRunning($"Federation '{status.Federation}'", status.State, FederationText.Done(status), status.Message, _context.CommandLine($"federate --resume {status.Federation}", store));
        }

        var job = new FederationJob(control, _context, output, store);
        return job.Conclude(status, await job.ShowAsync(status));
    }

    private Task<T> FollowAsync<T>(Func<Task<T?>> ask, Action<T> show, Func<T, RunState> state)
        where T : class =>
        FollowAsync(
            ask,
            status =>
            {
                show(status);
                return Task.CompletedTask;
            },
            state);

    private async Task<T> FollowAsync<T>(Func<Task<T?>> ask, Func<T, Task> show, Func<T, RunState> state)
        where T : class
    {
        while (true)
        {
            var status = await ask() ?? throw new CommandFailedException("It is no longer in the store; was its folder deleted?");
            await show(status);
            if (state(status) != RunState.Running)
            {
                return status;
            }

            await Task.Delay(Interval, _context.Clock, _context.Interrupt);
        }
    }

    private static CommandFailedException NotRunning(string subject, RunState state, string position, string? message, string resume) =>
        new($"{subject} is not running anywhere ({StatusText.Name(state)}, {position}){(message is null ? "." : $": {message}")}{(state == RunState.Canceled ? "" : $"\nGo on with: {resume}")}");
}
