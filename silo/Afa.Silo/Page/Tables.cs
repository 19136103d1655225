using System.Xml.Linq;
using static Afa.Silo.Html;

namespace Afa.Silo.Page;

/// <summary>Tables with what a screen reader needs: a caption and headers for columns and rows.</summary>
internal static class Tables
{
    /// <param name="id">Of the table; its rows' begin with it.</param>
    public static XElement Create(string id, string caption, IReadOnlyList<Column> columns, IEnumerable<Row> rows) => Tag(
        "div",
        Id($"{id}-scroll"),
        Class("scroll"),
        Tag(
            "table",
            Id(id),
            Tag("caption", caption),
            Tag("thead", Tag("tr", columns.Select(column => Tag("th", Attribute("scope", "col"), ClassOf(column), column.Title)))),
            Tag("tbody", rows.Select(row => Tag(
                "tr",
                Id($"{id}-{row.Id}"),
                row.Cells.Zip(columns).Select((cell, index) => index == 0
                    ? Tag("th", Attribute("scope", "row"), ClassOf(cell.Second), cell.First)
                    : Tag("td", ClassOf(cell.Second), cell.First)))))));

    /// <summary>Names and values; what has no value is left out.</summary>
    public static XElement Facts(params (string Name, object? Value)[] facts) => Tag(
        "dl", Class("facts"), facts.Where(fact => fact.Value is not (null or "")).Select(fact => Tag("div", Tag("dt", fact.Name), Tag("dd", fact.Value))));

    private static XAttribute? ClassOf(Column column) => column.Class is { } name ? Class(name) : null;
}
