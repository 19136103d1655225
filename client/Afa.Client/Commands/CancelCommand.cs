using System.CommandLine;
using Afa.Client.Control;
using Afa.Client.Output;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Gives up work that is under way or rests.</summary>
internal sealed class CancelCommand : StoreCommand
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);

    private readonly ClientContext _context;
    private readonly Argument<string> _name = new("NAME") { Description = "Name of a training run, an evaluation, a sweep or a federation." };

    public CancelCommand(ClientContext context)
        : base(
            context,
            "cancel",
            "Gives up a training run, an evaluation, a sweep or a federation: it stops after the step under way and never goes on. What it stored, such as checkpoints, stays.",
            "afa cancel my-run",
            "afa cancel my-sweep --server http://silo.example:8080")
    {
        _context = context;
        Arguments.Add(_name);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, IAfaControl control, string store)
    {
        var name = parsed.GetValue(_name)!;
        var work = await NamedWork.FindAsync(control, name, _context.Interrupt);
        var (what, cancelAsync) = work switch
        {
            { Training: not null } => ($"Run '{name}'", control.CancelTrainingAsync(name, _context.Interrupt)),
            { Evaluation: not null } => ($"Evaluation '{name}'", control.CancelEvaluationAsync(name, _context.Interrupt)),
            { Sweep: not null } => ($"Sweep '{name}'", control.CancelSweepAsync(name, _context.Interrupt)),
            _ => ($"Federation '{name}'", control.CancelFederationAsync(name, _context.Interrupt)),
        };
        await cancelAsync;
        var after = await WaitForEndAsync(control, work);
        _context.Output.WriteLine((work.State, after) switch
        {
            (RunState.Completed, _) => $"{what} is complete; there is nothing to cancel.",
            (RunState.Canceled, _) => $"{what} was canceled before.",
            (_, RunState.Canceled) => $"{what} is canceled.",
            (_, RunState.Running) => $"{what} is still at its step; it ends after that.",
            _ => $"{what} has ended before it could be canceled: {StatusText.Name(after)}.",
        });
        return ExitCode.Success;
    }

    /// <summary>Waits a while for what is canceled to stop.</summary>
    private async Task<RunState> WaitForEndAsync(IAfaControl control, NamedWork work)
    {
        var started = _context.Clock.GetTimestamp();
        while (true)
        {
            work = await work.RefreshAsync(control, _context.Interrupt);
            if (work.State != RunState.Running || _context.Clock.GetElapsedTime(started) > s_patience)
            {
                return work.State;
            }

            await Task.Delay(s_interval, _context.Clock, _context.Interrupt);
        }
    }
}
