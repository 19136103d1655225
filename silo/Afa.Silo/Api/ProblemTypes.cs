namespace Afa.Silo.Api;

/// <summary>What the <c>type</c> of the API's problem details can be, where the status code alone does not tell. RFC 9457, section 3.1.1.</summary>
public static class ProblemTypes
{
    /// <summary>There is no run, evaluation, sweep, result or checkpoint of that name.</summary>
    public const string UnknownName = "urn:afa:problem:unknown-name";

    /// <summary>Another process that shares the store is at work on it.</summary>
    public const string WorkedOnElsewhere = "urn:afa:problem:worked-on-elsewhere";

    /// <summary>A stored checkpoint cannot be used.</summary>
    public const string DamagedCheckpoint = "urn:afa:problem:damaged-checkpoint";
}
