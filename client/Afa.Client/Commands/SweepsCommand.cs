using Afa.Client.Output;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Lists the sweeps of a store.</summary>
internal sealed class SweepsCommand : StoreListCommand<SweepStatus>
{
    public SweepsCommand(ClientContext context)
        : base(context, "sweeps", "Lists sweeps, newest first.", "afa sweeps", "afa sweeps --json", "afa sweeps show my-sweep") =>
        Subcommands.Add(new SweepsShowCommand(context));

    protected override string Things => "sweeps";

    protected override string Hint => "'afa sweep' starts one.";

    protected override IReadOnlyList<string> Headers => ["Sweep", "State", "Done", "Trials", "Started", "Message"];

    protected override Task<IReadOnlyList<SweepStatus>> ListAsync(IAfaControl control, CancellationToken cancellationToken) => control.ListSweepsAsync(cancellationToken);

    protected override IReadOnlyList<string> Row(SweepStatus item) =>
    [
        item.Sweep,
        StatusText.Name(item.State),
        StatusText.Percent(item.Share),
        SweepText.Done(item),
        StatusText.Time(item.CreatedAt),
        (item.Message ?? "").Split('\n')[0],
    ];

    protected override object Document(SweepStatus item) => RunDocument.Create(item);
}
