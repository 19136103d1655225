namespace Afa.Checkpoints;

/// <summary>A checkpoint is not as it was written, or was written by another version, and cannot be used.</summary>
/// <param name="file">Full name of the file at fault.</param>
/// <param name="problem">What was needed and what came, as a sentence.</param>
/// <param name="innerException">What was caught, or null.</param>
public sealed class CheckpointDamagedException(string file, string problem, Exception? innerException = null) : Exception(
    $"Checkpoint file {file} cannot be used: {problem} Use an earlier checkpoint or copy this one again from where it was made.",
    innerException)
{
    /// <summary>Full name of the file at fault.</summary>
    public string File { get; } = file;
}
