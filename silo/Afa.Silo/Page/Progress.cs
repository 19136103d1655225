using System.Xml.Linq;
using Afa.Grains;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>How far something is, and in which state.</summary>
internal static class Progress
{
    /// <summary>A bar with its share in words beside it.</summary>
    /// <param name="share">In [0, 1].</param>
    /// <param name="label">What it is the progress of, for screen readers.</param>
    public static XElement Bar(double share, string label) => Tag(
        "span",
        Class("bar"),
        Tag("progress", Attribute("max", "1"), Attribute("value", PageText.Number(Math.Clamp(share, 0, 1), "0.####")), Attribute("aria-label", label)),
        Tag("span", PageText.Percent(share)));

    /// <summary>The state in a word and a color.</summary>
    public static XElement State<T>(T state)
        where T : struct, Enum =>
        Tag("span", Class($"state {PageText.Name(state)}"), PageText.Name(state));

    /// <summary>Whether something may still change by itself.</summary>
    public static bool IsAtWork(RunState state) => state is RunState.Pending or RunState.Running;
}
