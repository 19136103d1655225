using System.Xml.Linq;
using Afa.Grains;
using static Afa.Silo.Page.Html;

namespace Afa.Silo.Page;

/// <summary>The silos and what their device slots do.</summary>
internal static class SiloTable
{
    private const int MostDrawn = 32;

    private static readonly Column[] s_columns = [new("Silo"), new("Device slots"), new("Waiting work", IsFigure: true)];

    /// <param name="own">Address of the silo that serves the page.</param>
    public static XElement Create(IReadOnlyList<SiloSummary> silos, string own) => Tables.Create(
        "silos",
        "Silos: a slot is leased to a trainer or an evaluator and busy while it computes or waits for other trainers",
        s_columns,
        silos.Select(silo => new Row(
            silo.Silo,
            new object?[] { silo.Silo, silo.Silo == own ? Tag("span", Class("detail"), "serves this page") : null },
            silo.Devices is { } devices ? Slots(devices) : Tag("span", Class("state failed"), "no answer"),
            silo.Devices is { } known ? $"{known.QueueLength}" : PageText.None)));

    private static XElement[] Slots(DeviceSummary devices)
    {
        var (busy, leased, all) = (devices.Busy, Math.Max(devices.Leased, devices.Busy), Math.Max(devices.Leased, devices.Slots));
        return
        [
            Tag(
                "span",
                Class("slots"),
                Attribute("aria-hidden", "true"),
                Enumerable.Range(0, Math.Min(all, MostDrawn)).Select(slot => Tag("span", Class(slot < busy ? "slot busy" : slot < leased ? "slot leased" : "slot")))),
            Tag("span", Class("detail"), $"{busy} busy, {devices.Leased} leased of {devices.Slots}{(devices.IsLeaving ? "; about to end" : "")}"),
        ];
    }
}
