using System.Xml.Linq;

namespace Afa.Client.Reports;

/// <summary>Builds HTML from elements, so that text is encoded by construction, and writes it so that XML parsers read it too.</summary>
internal static class Html
{
    private static readonly HashSet<string> s_void = ["br", "img", "meta"];

    /// <param name="content">Elements, attributes, text, sequences of them; null adds nothing.</param>
    public static XElement Tag(string name, params object?[] content) =>
        new(name, content.Select(part => part is string text ? ReportText.Printable(text) : part));

    public static XAttribute Attribute(string name, string value) => new(name, ReportText.Printable(value));

    public static XAttribute Class(string name) => new("class", name);

    /// <param name="textClass">Style of the table: "figures" aligns all but the first column right, "facts" holds names and values.</param>
    public static XElement? Table(ReportTable table, string textClass) => table.Rows.Count == 0 ? null : Tag(
        "div",
        Class("scroll"),
        Tag(
            "table",
            Class(textClass),
            Tag("caption", table.Title),
            Tag("thead", Tag("tr", table.Columns.Select(column => Tag("th", Attribute("scope", "col"), column)))),
            Tag("tbody", table.Rows.Select(row => Tag(
                "tr",
                Tag("th", Attribute("scope", "row"), row[0]),
                row.Skip(1).Select(cell => Tag("td", cell)))))));

    /// <summary>A closed part of the page with a table that few readers need.</summary>
    public static XElement? Details(ReportTable table) => table.Rows.Count == 0 ? null : Tag(
        "details", Tag("summary", $"Table: {table.Title}"), Table(table, "figures"));

    public static string Write(XElement page)
    {
        // HTML parsers take <div/> for an opening tag. Elements inside SVG have its namespace and may stay as they are.
        foreach (var empty in page.DescendantsAndSelf().Where(e => e.IsEmpty && e.Name.Namespace == XNamespace.None && !s_void.Contains(e.Name.LocalName)))
        {
            empty.Value = "";
        }

        return $"<!DOCTYPE html>\n{page.ToString(SaveOptions.DisableFormatting)}\n";
    }
}
