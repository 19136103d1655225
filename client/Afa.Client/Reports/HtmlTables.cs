using System.Xml.Linq;
using static Afa.Silo.Html;

namespace Afa.Client.Reports;

/// <summary>Tables of a report as HTML.</summary>
internal static class HtmlTables
{
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
}
