namespace Afa.Client;

/// <summary>The user asked for something that cannot be done as written. Nothing was started.</summary>
/// <param name="problems">Every problem that was found, one sentence each.</param>
internal sealed class UsageException(params IReadOnlyList<string> problems) : Exception(string.Join('\n', problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;

    /// <exception cref="UsageException">There is a problem.</exception>
    public static void ThrowIfAny(IReadOnlyList<string> problems)
    {
        if (problems.Count > 0)
        {
            throw new UsageException(problems);
        }
    }
}
