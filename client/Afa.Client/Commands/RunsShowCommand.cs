using System.CommandLine;
using Afa.Client.Control;
using Afa.Client.Output;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Shows one run.</summary>
internal sealed class RunsShowCommand : StoreCommand
{
    private readonly ClientContext _context;
    private readonly Argument<string> _run = new("RUN") { Description = "Name of a run." };
    private readonly Option<bool> _json = SharedOptions.Json();

    public RunsShowCommand(ClientContext context)
        : base(context, "show", "Shows a run: its options, how far it is and what each epoch measured.", "afa runs show my-run", "afa runs show my-run --json")
    {
        _context = context;
        Arguments.Add(_run);
        Options.Add(_json);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, IAfaControl control, string store)
    {
        var output = new ClientOutput(_context, parsed.GetValue(_json));
        var run = await RunLookup.FindAsync(control, parsed.GetValue(_run)!, _context.Interrupt);
        if (!output.IsJson)
        {
            Write(output, run, store);
        }

        output.WriteDocument(RunDocument.Create(run));
        return ExitCode.Success;
    }

    private static void Write(ClientOutput output, TrainingRunStatus run, string store)
    {
        output.WritePairs(
        [
            .. TrainingSummary.Describe(run.Run, TrainingJob.Options(run), store),
            ("State", StatusText.Name(run.State)),
            ("Progress", $"epoch {run.Epoch} of {run.Epochs}, step {run.Step} of {run.Steps}, {StatusText.Duration(run.Elapsed)}"),
            ("Checkpoint", run.Checkpoint ?? "none yet"),
        ]);
        if (BestEpoch.Of(run.History) is { } best)
        {
            output.WritePairs([("Best epoch", BestEpoch.Describe(best))]);
        }

        if (run.Message is not null)
        {
            output.WritePairs([("Message", run.Message)]);
        }

        if (run.History.Count > 0)
        {
            output.Text.WriteLine();
            string[] validation = BestEpoch.Of(run.History) is null ? [] : ["Held-out clean", "Held-out robust"];
            output.WriteTable(
                ["Epoch", "Phase", "Loss", "Clean", "Robust", "Feature match", .. validation, "Learning rate", "Time"],
                [.. run.History.Select(epoch => Row(epoch, hasValidation: validation.Length > 0))]);
        }
    }

    private static IReadOnlyList<string> Row(EpochMetrics epoch, bool hasValidation) =>
    [
        $"{epoch.Epoch}",
        epoch.Phase,
        StatusText.Number(epoch.Loss, "0.0000"),
        StatusText.Fraction(epoch.CleanAccuracy),
        StatusText.Fraction(epoch.RobustAccuracy),
        StatusText.Fraction(epoch.FeatureMatch),
        .. hasValidation ? [StatusText.Fraction(epoch.Validation?.CleanAccuracy), StatusText.Fraction(epoch.Validation?.RobustAccuracy)] : Array.Empty<string>(),
        StatusText.Number(epoch.LearningRate, "0.#####"),
        $"{StatusText.Number(epoch.Seconds, "0.0")} s",
    ];
}
