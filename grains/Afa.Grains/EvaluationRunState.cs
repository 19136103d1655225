namespace Afa.Grains;

/// <summary>What an evaluation keeps in the store; the records of its units lie beside it.</summary>
internal sealed class EvaluationRunState
{
    /// <summary>Options as they were asked for.</summary>
    public string? RequestJson { get; set; }

    /// <summary>The same with nothing left open.</summary>
    public string? OptionsJson { get; set; }

    /// <summary>The checkpoints as they were at the start, those of transfer attacks too: a table is of one set of weights.</summary>
    public List<EvaluatedCheckpoint> Checkpoints { get; set; } = [];

    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>Device slots at the start: the cut into units depends on it, and stays.</summary>
    public int Slots { get; set; }

    /// <summary>Device slots that it may use now; null: all. The cut does not depend on it after the start.</summary>
    public int? MostSlots { get; set; }

    public RunState State { get; set; }

    /// <summary>Time at work in all processes.</summary>
    public TimeSpan Elapsed { get; set; }

    public string? Message { get; set; }
}
