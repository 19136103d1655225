namespace Afa.Silo.Page;

/// <summary>A column of a table.</summary>
/// <param name="IsFigure">Whether its cells are figures, which stand right.</param>
/// <param name="IsExtra">Whether a narrow screen leaves it out; a page of its own then has the figure.</param>
internal sealed record Column(string Title, bool IsFigure = false, bool IsExtra = false)
{
    /// <summary>Class of its cells; null if there is none.</summary>
    public string? Class => (IsFigure, IsExtra) switch
    {
        (true, true) => "figure extra",
        (true, false) => "figure",
        (false, true) => "extra",
        _ => null,
    };
}
