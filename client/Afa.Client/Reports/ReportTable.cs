namespace Afa.Client.Reports;

/// <summary>A table as both forms of the report show it. Cells are plain text; each form encodes them.</summary>
internal sealed record ReportTable(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>A table of names and values.</summary>
    public static ReportTable Facts(string title, params (string Name, string Value)[] facts) =>
        new(title, ["Name", "Value"], [.. facts.Select(fact => new[] { fact.Name, fact.Value })]);
}
