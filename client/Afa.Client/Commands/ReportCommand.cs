using System.CommandLine;
using System.Text.Json;
using Afa.Client.Control;
using Afa.Client.Output;
using Afa.Client.Reports;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Commands;

/// <summary>Writes the report of a run or an evaluation again.</summary>
internal sealed class ReportCommand : StoreCommand
{
    private const long MaximumResultSizeInBytes = 256 << 20;

    private readonly ClientContext _context;
    private readonly Argument<string> _name = new("NAME") { Description = "Name of a training run, an evaluation or a sweep." };

    public ReportCommand(ClientContext context)
        : base(
            context,
            "report",
            "Writes the report of an evaluation or a sweep again, or that of a training run with the evaluation that ended it.",
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
                WriteTraining(output, run, store);
                break;
            case { Evaluation: { State: RunState.Completed } evaluation }:
                var result = await EvaluationLookup.ResultAsync(control, evaluation.Evaluation, _context.Interrupt);
                await new EvaluationJob(control, _context, output, store).ReportAsync(result, EvaluationJob.ReportDirectory(store, evaluation.Evaluation));
                break;
            case { Sweep: { } sweep }:
                var document = await SweepLookup.ResultAsync(control, sweep.Sweep, _context.Interrupt);
                new SweepJob(control, _context, output, store).Report(sweep, document, SweepJob.ReportDirectory(store, sweep.Sweep));
                break;
            case { Evaluation: { } evaluation }:
                throw new CommandFailedException(
                    $"Evaluation '{evaluation.Evaluation}' has no result yet ({StatusText.Name(evaluation.State)}, {StatusText.Percent(evaluation.Share)}). " +
                    $"Go on with: {_context.CommandLine($"evaluate --resume {evaluation.Evaluation}", store)}");
        }

        return ExitCode.Success;
    }

    private static void WriteTraining(ClientOutput output, TrainingRunStatus run, string store)
    {
        var directory = TrainingJob.ReportDirectory(store, run.Run);
        var evaluation = ReadResult(Path.Combine(directory, "result.json"));
        if (evaluation is null)
        {
            output.Text.WriteLine($"'{run.Run}' has not been evaluated; the report shows its training only.");
        }

        output.Text.WriteLine($"Report: {ReportWriter.Write(directory, run, evaluation)}");
    }

    private static EvaluationDocument? ReadResult(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            return null;
        }

        if (file.Length > MaximumResultSizeInBytes)
        {
            throw new InvalidDataException($"{path} has {file.Length} bytes, which is no evaluation result. Delete it and evaluate again.");
        }

        try
        {
            return JsonSerializer.Deserialize<EvaluationDocument>(File.ReadAllBytes(path), AfaJson.Options);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} is not an evaluation result: {exception.Message} Delete it and evaluate again.", exception);
        }
    }
}
