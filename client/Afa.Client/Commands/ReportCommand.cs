using System.CommandLine;
using System.Text.Json;
using Afa.Client.Control;
using Afa.Client.Output;
using Afa.Client.Reports;
using Afa.Evaluation;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Commands;

/// <summary>Writes the report of a run again.</summary>
internal sealed class ReportCommand : StoreCommand
{
    private const long MaximumResultSizeInBytes = 256 << 20;

    private readonly ClientContext _context;
    private readonly Argument<string> _run = new("RUN") { Description = "Name of a run." };

    public ReportCommand(ClientContext context)
        : base(context, "report", "Writes the report of a run again, with its last evaluation if it has one.", "afa report my-run")
    {
        _context = context;
        Arguments.Add(_run);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, IAfaControl control, string store)
    {
        var output = new ClientOutput(_context, json: false);
        var run = await RunLookup.FindAsync(control, parsed.GetValue(_run)!, _context.Interrupt);

        var directory = TrainingJob.ReportDirectory(store, run.Run);
        var evaluation = ReadResult(Path.Combine(directory, "result.json"));
        if (evaluation is null)
        {
            output.Text.WriteLine($"'{run.Run}' has not been evaluated; the report shows its training only.");
        }

        output.Text.WriteLine($"Report: {ReportWriter.Write(directory, run, evaluation)}");
        return ExitCode.Success;
    }

    private static EvaluationResult? ReadResult(string path)
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
            return JsonSerializer.Deserialize<EvaluationResult>(File.ReadAllBytes(path), AfaJson.Options);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} is not an evaluation result: {exception.Message} Delete it and evaluate again.", exception);
        }
    }
}
