using System.Xml.Linq;
using Afa.Grains;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>The silos and what their device slots do.</summary>
internal static class SiloTable
{
    private const int MostDrawn = 32;

    private static readonly Column[] s_columns = [new("Silo"), new("Device slots"), new("Waiting work", IsFigure: true), new("Runs with a part here", IsExtra: true)];

    /// <param name="own">Address of the silo that serves the page.</param>
    public static XElement Create(ClusterView view, string own) => Tables.Create(
        "silos",
        "Silos: a device slot is busy while it computes or waits for other trainers; more are busy than there are where some stand in for those of a silo that was lost",
        s_columns,
        view.Silos.Select(silo => new Row(
            silo.Address,
            new object?[] { silo.Address, silo.Address == own ? Tag("span", Class("detail"), "serves this page") : null },
            Slots(silo),
            $"{silo.QueueLength}",
            silo.Runs.Count == 0 ? PageText.None : silo.Runs.Select((run, place) => new object?[] { place > 0 ? ", " : null, PageLinks.ToRun(run) }))));

    private static XElement[] Slots(SiloLoad silo) =>
    [
        Tag(
            "span",
            Class("slots"),
            Attribute("aria-hidden", "true"),
            Enumerable.Range(0, Math.Min(Math.Max(silo.Busy, silo.Slots), MostDrawn)).Select(slot => Tag("span", Class(slot < silo.Busy ? "slot busy" : "slot")))),
        Tag("span", Class("detail"), $"{silo.Busy} of {silo.Slots} busy"),
    ];
}
