namespace Afa.Client;

/// <summary>What the process returns.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The work was started and did not end well, or was interrupted.</summary>
    public const int Failure = 1;

    /// <summary>The command line, an options file or a name in it is wrong; nothing was started.</summary>
    public const int Usage = 2;
}
