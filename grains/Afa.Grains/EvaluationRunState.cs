namespace Afa.Grains;

/// <summary>What an evaluation keeps in the store; the slices lie beside it.</summary>
internal sealed class EvaluationRunState
{
    public string? OptionsJson { get; set; }

    public RunState State { get; set; }

    /// <summary>Time at work in all processes.</summary>
    public TimeSpan Elapsed { get; set; }

    public string? ResultJson { get; set; }

    public string? Message { get; set; }
}
