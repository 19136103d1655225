using System.CommandLine;
using Afa.Client.Control;
using Afa.Client.Output;
using Afa.Client.Reports;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Writes the report of a run or an evaluation again.</summary>
internal sealed class ReportCommand : StoreCommand
{
    private readonly ClientContext _context;
    private readonly Argument<string> _name = new("NAME") { Description = "Name of a training run or of an evaluation." };

    public ReportCommand(ClientContext context)
        : base(
            context,
            "report",
            "Writes the report of an evaluation again, or that of a training run with the evaluation that ended it.",
            "afa report my-run",
            "afa report my-evaluation")
    {
        _context = context;
        Arguments.Add(_name);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, IAfaControl control, string store)
    {
        var output = new ClientOutput(_context, json: false);
        switch (await NamedWork.FindAsync(control, parsed.GetValue(_name)!, _context.Interrupt))
        {
            case { Training: { } run }:
                await WriteTrainingAsync(output, control, run, store);
                break;
            case { Evaluation: { State: RunState.Completed } evaluation }:
                var result = await EvaluationLookup.ResultAsync(control, evaluation.Evaluation, _context.Interrupt);
                await new EvaluationJob(control, _context, output, store).ReportAsync(result, EvaluationJob.ReportDirectory(store, evaluation.Evaluation));
                break;
            case { Evaluation: { } evaluation }:
                throw new CommandFailedException(
                    $"Evaluation '{evaluation.Evaluation}' has no result yet ({StatusText.Name(evaluation.State)}, {StatusText.Percent(evaluation.Share)}). " +
                    $"Go on with: {_context.CommandLine($"evaluate --resume {evaluation.Evaluation}", store)}");
        }

        return ExitCode.Success;
    }

    private async Task WriteTrainingAsync(ClientOutput output, IAfaControl control, TrainingRunStatus run, string store)
    {
        var evaluations = await control.ListEvaluationsAsync(_context.Interrupt);   // Newest first.
        var last = evaluations.FirstOrDefault(evaluation => evaluation.State == RunState.Completed && RunName.IsEvaluationOf(run.Run, evaluation.Evaluation));
        var result = last is null ? null : await EvaluationLookup.ResultAsync(control, last.Evaluation, _context.Interrupt);
        if (result is null)
        {
            output.Text.WriteLine($"The training of '{run.Run}' did not end with an evaluation; the report shows the training only.");
        }

        output.Text.WriteLine($"Report: {ReportWriter.Write(TrainingJob.ReportDirectory(store, run.Run), run, result)}");
    }
}
