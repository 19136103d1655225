using System.CommandLine;
using Afa.Client.Control;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Gives up work that is under way or rests.</summary>
internal sealed class CancelCommand : StoreCommand
{
    private readonly ClientContext _context;
    private readonly Argument<string> _name = new("NAME") { Description = "Name of a training run, an evaluation or a sweep." };

    public CancelCommand(ClientContext context)
        : base(
            context,
            "cancel",
            "Gives up a training run, an evaluation or a sweep: it stops after the step under way and never goes on. What it stored, such as checkpoints, stays.",
            "afa cancel my-run",
            "afa cancel my-sweep --server http://silo.example:8080")
    {
        _context = context;
        Arguments.Add(_name);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, IAfaControl control, string store)
    {
        var work = await NamedWork.FindAsync(control, parsed.GetValue(_name)!, _context.Interrupt);
        var (what, state, cancelAsync) = work switch
        {
            { Training: { } run } => ($"Run '{run.Run}'", run.State, control.CancelTrainingAsync(run.Run, _context.Interrupt)),
            { Evaluation: { } evaluation } => ($"Evaluation '{evaluation.Evaluation}'", evaluation.State, control.CancelEvaluationAsync(evaluation.Evaluation, _context.Interrupt)),
            _ => ($"Sweep '{work.Sweep!.Sweep}'", work.Sweep.State, control.CancelSweepAsync(work.Sweep.Sweep, _context.Interrupt)),
        };
        await cancelAsync;
        _context.Output.WriteLine(state switch
        {
            RunState.Completed => $"{what} is complete; there is nothing to cancel.",
            RunState.Canceled => $"{what} was canceled before.",
            _ => $"{what} is canceled.",
        });
        return ExitCode.Success;
    }
}
