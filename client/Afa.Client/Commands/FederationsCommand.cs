using Afa.Client.Output;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>Lists the federations of a store.</summary>
internal sealed class FederationsCommand : StoreListCommand<FederationStatus>
{
    public FederationsCommand(ClientContext context)
        : base(context, "federations", "Lists federations, newest first.", "afa federations", "afa federations --json", "afa federations show my-federation") =>
        Subcommands.Add(new FederationsShowCommand(context));

    protected override string Things => "federations";

    protected override string Hint => "'afa federate' starts one.";

    protected override IReadOnlyList<string> Headers => ["Federation", "State", "Done", "Rounds", "Clean", "Robust", "Worst participant", "Started", "Message"];

    protected override Task<IReadOnlyList<FederationStatus>> ListAsync(IAfaControl control, CancellationToken cancellationToken) => control.ListFederationsAsync(cancellationToken);

    protected override IReadOnlyList<string> Row(FederationStatus item) =>
    [
        item.Federation,
        StatusText.Name(item.State),
        StatusText.Percent(item.Share),
        $"{item.Round} of {item.Rounds}",
        StatusText.Fraction(item.CleanAccuracy),
        StatusText.Fraction(item.RobustAccuracy),
        StatusText.Fraction(item.WorstParticipant),
        StatusText.Time(item.CreatedAt),
        (item.Message ?? "").Split('\n')[0],
    ];

    protected override object Document(FederationStatus item) => RunDocument.Create(item);
}
