using Afa.Client.Control;
using Afa.Client.Output;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Lists the evaluations of a store.</summary>
internal sealed class EvaluationsCommand : StoreListCommand<EvaluationStatus>
{
    public EvaluationsCommand(ClientContext context)
        : base(context, "evaluations", "Lists evaluations, newest first.", "afa evaluations", "afa evaluations --json", "afa evaluations show my-evaluation") =>
        Subcommands.Add(new EvaluationsShowCommand(context));

    protected override string Things => "evaluations";

    protected override string Hint => "'afa evaluate CHECKPOINT' starts one.";

    protected override IReadOnlyList<string> Headers => ["Evaluation", "State", "Done", "Images", "Checkpoints", "Attacks", "Started", "Message"];

    protected override Task<IReadOnlyList<EvaluationStatus>> ListAsync(IAfaControl control, CancellationToken cancellationToken) => control.ListEvaluationsAsync(cancellationToken);

    protected override IReadOnlyList<string> Row(EvaluationStatus item)
    {
        var (checkpoints, attacks) = Work(item);
        return
        [
            item.Evaluation,
            StatusText.Name(item.State),
            StatusText.Percent(item.Share),
            $"{item.ImagesDone}/{item.Images}",
            checkpoints,
            attacks,
            StatusText.Time(item.CreatedAt),
            (item.Message ?? "").Split('\n')[0],
        ];
    }

    protected override object Document(EvaluationStatus item) => RunDocument.Create(item);

    private static (string Checkpoints, string Attacks) Work(EvaluationStatus item)
    {
        try
        {
            var options = EvaluationLookup.Options(item);
            return (EvaluationText.Checkpoints(options), EvaluationText.Attacks(options));
        }
        catch (CommandFailedException)
        {
            return ("?", "?");   // One of another version; whoever asks for it by name is told.
        }
    }
}
