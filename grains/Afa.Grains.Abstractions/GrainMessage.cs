namespace Afa.Grains;

/// <summary>Messages of exceptions that come from grains.</summary>
public static class GrainMessage
{
    /// <summary>The message without the stack trace that Orleans puts into that of a grain's exception.</summary>
    public static string WithoutStackTrace(string message) =>
        string.Join('\n', message.Split('\n').Where(line => line.Trim().Length > 0 && !line.StartsWith("   at ", StringComparison.Ordinal) && !line.StartsWith("---", StringComparison.Ordinal)));
}
