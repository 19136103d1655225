using Afa.Evaluation;
using Afa.Federation;
using Afa.Grains;
using Afa.Sweeps;
using Afa.Training;

namespace Afa.Silo.Api;

/// <summary>What a cluster works on.</summary>
internal static class WorkKinds
{
    public static WorkKind<TrainingRunStatus, TrainingOptions> Trainings { get; } = new()
    {
        Path = "trainings",
        Noun = "training run",
        State = status => status.State,
        NamesAsync = catalog => catalog.ListRunsAsync(),
        ListAsync = (control, stop) => control.ListTrainingsAsync(stop),
        GetAsync = (control, name, stop) => control.GetTrainingAsync(name, stop),
        StartAsync = (control, name, options, stop) => control.StartTrainingAsync(name, options, stop),
        ResumeAsync = (control, name, stop) => control.ResumeTrainingAsync(name, stop),
        PauseAsync = (control, name, stop) => control.PauseTrainingAsync(name, stop),
        CancelAsync = (control, name, stop) => control.CancelTrainingAsync(name, stop),
    };

    public static WorkKind<EvaluationStatus, EvaluationOptions> Evaluations { get; } = new()
    {
        Path = "evaluations",
        Noun = "evaluation",
        State = status => status.State,
        NamesAsync = catalog => catalog.ListEvaluationsAsync(),
        ListAsync = (control, stop) => control.ListEvaluationsAsync(stop),
        GetAsync = (control, name, stop) => control.GetEvaluationAsync(name, stop),
        StartAsync = (control, name, options, stop) => control.StartEvaluationAsync(name, options, stop),
        ResumeAsync = (control, name, stop) => control.ResumeEvaluationAsync(name, stop),
        CancelAsync = (control, name, stop) => control.CancelEvaluationAsync(name, stop),
        Result = new(typeof(EvaluationDocument), (control, name, stop) => control.GetEvaluationResultAsync(name, stop)),
    };

    public static WorkKind<SweepStatus, SweepPlan> Sweeps { get; } = new()
    {
        Path = "sweeps",
        Noun = "sweep",
        MaxOptionsSizeInBytes = 16 << 20,   // All options of up to 1,000 trials.
        State = status => status.State,
        NamesAsync = catalog => catalog.ListSweepsAsync(),
        ListAsync = (control, stop) => control.ListSweepsAsync(stop),
        GetAsync = (control, name, stop) => control.GetSweepAsync(name, stop),
        StartAsync = (control, name, plan, stop) => control.StartSweepAsync(name, plan, stop),
        ResumeAsync = (control, name, stop) => control.ResumeSweepAsync(name, stop),
        PauseAsync = (control, name, stop) => control.PauseSweepAsync(name, stop),
        CancelAsync = (control, name, stop) => control.CancelSweepAsync(name, stop),
        Result = new(typeof(SweepDocument), (control, name, stop) => control.GetSweepResultAsync(name, stop)),
    };

    public static WorkKind<FederationStatus, FederationOptions> Federations { get; } = new()
    {
        Path = "federations",
        Noun = "federation",
        State = status => status.State,
        NamesAsync = catalog => catalog.ListFederationsAsync(),
        ListAsync = (control, stop) => control.ListFederationsAsync(stop),
        GetAsync = (control, name, stop) => control.GetFederationAsync(name, stop),
        StartAsync = (control, name, options, stop) => control.StartFederationAsync(name, options, stop),
        ResumeAsync = (control, name, stop) => control.ResumeFederationAsync(name, stop),
        PauseAsync = (control, name, stop) => control.PauseFederationAsync(name, stop),
        CancelAsync = (control, name, stop) => control.CancelFederationAsync(name, stop),
        Result = new(typeof(FederationDocument), (control, name, stop) => control.GetFederationResultAsync(name, stop)),
    };
}
