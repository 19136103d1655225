namespace Afa.Silo.Page;

/// <summary>A row of a table.</summary>
/// <param name="Id">The same in every version of the page, so that what is looked at stays where it is.</param>
/// <param name="Cells">One for each column: text, an element or several; the first names the row.</param>
internal sealed record Row(string Id, params object?[] Cells);
