namespace Afa.Client.Output;

/// <summary>Shows how far one piece of work is.</summary>
internal interface IProgressView
{
    /// <summary>Replaces what is shown.</summary>
    void Update(ProgressState state);

    /// <summary>Adds a line that stays.</summary>
    void WriteLine(string line);
}
