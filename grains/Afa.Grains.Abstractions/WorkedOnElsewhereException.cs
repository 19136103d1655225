namespace Afa.Grains;

/// <summary>Another process that shares the store is at work on a run or an evaluation.</summary>
[GenerateSerializer, Alias("afa.worked-on-elsewhere")]
public sealed class WorkedOnElsewhereException : Exception
{
    public WorkedOnElsewhereException()
    {
    }

    public WorkedOnElsewhereException(string message) : base(message)
    {
    }

    public WorkedOnElsewhereException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
