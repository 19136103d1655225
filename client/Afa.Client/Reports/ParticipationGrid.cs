using System.Xml.Linq;
using Afa.Federation;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>Who had a part in which round: one sign for each participant and round.</summary>
internal static class ParticipationGrid
{
    private const int MostRounds = 40;

    private static readonly (string Sign, string Meaning)[] s_signs =
        [("●", "update used"), ("○", "delivered, not chosen by the rule"), ("✕", "asked, missing"), ("·", "not asked")];

    /// <returns>Null before the first round.</returns>
    public static XElement? Create(FederationDocument federation)
    {
        var stride = (federation.Rounds.Count + MostRounds - 1) / MostRounds;
        var rounds = federation.Rounds.Where((_, i) => (federation.Rounds.Count - 1 - i) % Math.Max(1, stride) == 0).ToList();
        var rows = FederationHeatMap.Rows(federation);
        return rounds.Count == 0 ? null : Tag(
            "section",
            Tag("h2", "Who had a part in which round"),
            Tag(
                "p",
                Class("legend"),
                s_signs.Select(sign => Tag("span", Tag("b", sign.Sign), " " + sign.Meaning))),
            Tag(
                "div",
                Class("scroll"),
                Tag(
                    "table",
                    Class("heat grid"),
                    Tag("thead", Tag("tr", Tag("th", Attribute("scope", "col"), "Round"), rounds.Select(round => Tag("th", Attribute("scope", "col"), ReportText.Whole(round.Round))), Tag("th", Attribute("scope", "col"), "used"))),
                    Tag("tbody", rows.Select(participant => Tag(
                        "tr",
                        Tag("th", Attribute("scope", "row"), FederationTables.Label(federation, participant)),
                        rounds.Select(round => Cell(round, participant)),
                        Tag("td", Used(federation, participant))))))),
            HtmlTables.Table(FederationTables.Missing(federation), "plain"),
            HtmlTables.Details(FederationTables.Rounds(federation)));
    }

    /// <summary>Of the rounds that it was asked in, how often its update was used.</summary>
    private static string Used(FederationDocument federation, int participant) =>
        $"{federation.Rounds.Count(round => IsUsed(round, participant))} of {federation.Rounds.Count(round => round.Asked.Contains(participant))}";

    private static bool IsUsed(RoundSummary round, int participant) => round.Delivered.Contains(participant) && round.Chosen?.Contains(participant) != false;

    private static XElement Cell(RoundSummary round, int participant)
    {
        var missing = round.Missing.FirstOrDefault(missing => missing.Participant == participant);
        var (sign, meaning) = s_signs[
            IsUsed(round, participant) ? 0
            : round.Delivered.Contains(participant) ? 1
            : round.Asked.Contains(participant) ? 2
            : 3];
        return Tag("td", Attribute("title", missing is null ? meaning : missing.Reason), sign);
    }
}
