using Afa.Federation;

namespace Afa.Grains;

/// <summary>What a federation keeps in the store. Its models are checkpoints.</summary>
internal sealed class FederationState
{
    public string? OptionsJson { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public RunState State { get; set; }

    /// <summary>Time at work up to the last write, in all processes.</summary>
    public TimeSpan Elapsed { get; set; }

    public string? Message { get; set; }

    /// <summary>By number; null for one that has not joined yet.</summary>
    public List<ParticipantSummary?> Participants { get; set; } = [];

    /// <summary>How often updates were added up with noise, also for rounds that were done again: each time cost privacy.</summary>
    public int NoisySums { get; set; }

    /// <summary>The round whose updates are being added up, with nothing delivered yet; null at other times. If its process ends, its model may be stored already.</summary>
    public RoundSummary? Adding { get; set; }

    /// <summary>How often the updates of the round after <see cref="Rounds"/> were added up: each time has a model's name of its own, as a grain that is given up may still write.</summary>
    public int Attempt { get; set; }

    /// <summary>Finished rounds, in order.</summary>
    public List<RoundSummary> Rounds { get; set; } = [];

    /// <summary>Judged models, in the order in which they were judged.</summary>
    public List<ModelJudgment> Models { get; set; } = [];
}
