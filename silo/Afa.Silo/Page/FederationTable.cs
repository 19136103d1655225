using System.Xml.Linq;
using Afa.Grains;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>Federations, one a row.</summary>
internal static class FederationTable
{
    private static readonly Column[] s_columns =
    [
        new("Federation"), new("State"), new("Method", IsExtra: true), new("Rule", IsExtra: true), new("Progress"), new("Time left", IsFigure: true, IsExtra: true),
        new("Clean", IsFigure: true, IsExtra: true), new("Robust", IsFigure: true), new("Worst participant", IsFigure: true), new("Created", IsExtra: true),
    ];

    public static XElement Create(IEnumerable<FederationStatus> federations, DateTimeOffset now) => Tables.Create(
        "federations",
        "Federations: accuracies of the newest judged model, pooled over the participants' own test images, robust in the worst case over the attacks",
        s_columns,
        federations.Select(federation => new Row(
            federation.Federation,
            PageLinks.ToFederation(federation.Federation),
            Progress.State(federation.State),
            OptionText.Find(federation.OptionsJson, "training.method") ?? PageText.None,
            OptionText.Find(federation.OptionsJson, "aggregation.rule") ?? PageText.None,
            new[] { Progress.Bar(federation.Share, $"Progress of {federation.Federation}"), Tag("span", Class("detail"), Position(federation)) },
            PageText.Duration(federation.TimeLeft),
            PageText.Fraction(federation.CleanAccuracy),
            PageText.Fraction(federation.RobustAccuracy),
            PageText.Fraction(federation.WorstParticipant),
            PageText.Ago(federation.CreatedAt, now))));

    /// <summary>Such as "round 3: 7 of 10 participants have trained", or "3 of 10 rounds".</summary>
    public static string Position(FederationStatus federation) => federation.Doing.Length > 0 ? federation.Doing : $"{federation.Round} of {PageText.Count(federation.Rounds, "round")}";
}
