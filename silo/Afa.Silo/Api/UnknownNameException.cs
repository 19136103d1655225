namespace Afa.Silo.Api;

/// <summary>There is nothing of the name that a request has in its path.</summary>
internal sealed class UnknownNameException(string message) : Exception(message)
{
    /// <param name="what">What is named, such as "run".</param>
    public static UnknownNameException Of(string what, string name, IEnumerable<string> known) =>
        new($"There is no {what} '{name}'.{(EditDistance.Closest(name, known) is { } closest ? $" Did you mean '{closest}'?" : "")}");
}
