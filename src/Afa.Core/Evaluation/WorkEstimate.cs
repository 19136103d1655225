using Afa.Attacks;

namespace Afa.Evaluation;

/// <summary>Estimates how far a unit is, from the passes that each attack needs for the images that still stand.</summary>
internal sealed class WorkEstimate(IReadOnlyList<AttackCascade> cascades, int correct, Action<UnitProgress> report)
{
    private readonly List<int> _standing = [];
    private double _done;
    private int _cascade;
    private int _stage;
    private int _running;
    private int _finished;
    private long _passed;

    /// <summary>A stage begins.</summary>
    public void Begin(int cascade, int stage, int standing)
    {
        _done += (double)_running * Passes(_cascade, _stage);
        (_cascade, _stage, _running, _finished, _passed) = (cascade, stage, standing, 0, 0);
        if (stage == 0)
        {
            _standing.Add(standing);
        }

        Report();
    }

    /// <summary>Some samples are through with the stage under way.</summary>
    public void Finish(int samples, int broken)
    {
        _finished += samples;
        _standing[^1] -= broken;
        Report();
    }

    /// <summary>Some samples have come further in the stage under way.</summary>
    public void Pass(int passes)
    {
        _passed += passes;
        Report();
    }

    /// <summary>A cascade is over; what it reported along the way may have been more than what the model confirms.</summary>
    public void End(int cascade, int standing)
    {
        _standing[cascade] = standing;
        Report();
    }

    private void Report()
    {
        // What is to come counts with the images that stand now.
        var ofStage = (double)_running * Passes(_cascade, _stage);
        var doneOfStage = Math.Min(ofStage, Math.Max(_passed, (double)_finished * Passes(_cascade, _stage)));
        var left = ofStage - doneOfStage;
        for (var stage = _stage + 1; stage < cascades[_cascade].Stages.Count; stage++)
        {
            left += (double)_standing[^1] * Passes(_cascade, stage);
        }

        for (var cascade = _cascade + 1; cascade < cascades.Count; cascade++)
        {
            left += (double)correct * cascades[cascade].Stages.Sum(stage => stage.Description.Passes);
        }

        var done = _done + doneOfStage;
        var name = cascades[_cascade].Stages.Count > 1 ? $"{cascades[_cascade].Name}: {cascades[_cascade].Stages[_stage].Name}" : cascades[_cascade].Name;
        report(new UnitProgress(name, [.. _standing], done + left > 0 ? done / (done + left) : 1));
    }

    private int Passes(int cascade, int stage) => cascades[cascade].Stages[stage].Description.Passes;
}
