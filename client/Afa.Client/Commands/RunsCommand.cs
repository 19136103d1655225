using Afa.Client.Output;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Lists the runs of a store.</summary>
internal sealed class RunsCommand : StoreListCommand<TrainingRunStatus>
{
    public RunsCommand(ClientContext context)
        : base(context, "runs", "Lists training runs, newest first.", "afa runs", "afa runs --json", "afa runs show my-run") =>
        Subcommands.Add(new RunsShowCommand(context));

    protected override string Things => "runs";

    protected override string Hint => "'afa train' starts one.";

    protected override IReadOnlyList<string> Headers => ["Run", "State", "Epoch", "Step", "Started", "Message"];

    protected override Task<IReadOnlyList<TrainingRunStatus>> ListAsync(IAfaControl control, CancellationToken cancellationToken) => control.ListTrainingsAsync(cancellationToken);

    protected override IReadOnlyList<string> Row(TrainingRunStatus item) =>
    [
        item.Run,
        StatusText.Name(item.State),
        $"{item.Epoch}/{item.Epochs}",
        $"{item.Step}/{item.Steps}",
        StatusText.Time(item.CreatedAt),
        (item.Message ?? "").Split('\n')[0],
    ];

    protected override object Document(TrainingRunStatus item) => RunDocument.Create(item);
}
