using Afa.Client.Options;
using Afa.Client.Output;
using Afa.Grains;

namespace Afa.Client.Control;

/// <summary>What a name stands for: a training run, an evaluation, a sweep or a federation; the others are null.</summary>
internal sealed record NamedWork
{
    public TrainingRunStatus? Training { get; private init; }

    public EvaluationStatus? Evaluation { get; private init; }

    public SweepStatus? Sweep { get; private init; }

    public FederationStatus? Federation { get; private init; }

    public RunState State => Training?.State ?? Evaluation?.State ?? Sweep?.State ?? Federation!.State;

    private string Name => Training?.Run ?? Evaluation?.Evaluation ?? Sweep?.Sweep ?? Federation!.Federation;

    /// <exception cref="UsageException">There is none; the message lists what there is.</exception>
    public static async Task<NamedWork> FindAsync(IAfaControl control, string name, CancellationToken cancellationToken)
    {
        var all = await ListAsync(control, cancellationToken);
        return all.FirstOrDefault(work => work.Name == name) ?? throw ClosestName.Unknown("run, evaluation, sweep or federation", name, [.. all.Select(work => work.Name)]);
    }

    /// <summary>Returns null if there is none.</summary>
    public static async Task<NamedWork?> TryFindAsync(IAfaControl control, string name, CancellationToken cancellationToken) =>
        (await ListAsync(control, cancellationToken)).FirstOrDefault(work => work.Name == name);

    /// <summary>Asks for this work alone how it stands now.</summary>
    public async Task<NamedWork> RefreshAsync(IAfaControl control, CancellationToken cancellationToken) => this switch
    {
        { Training: { } run } => new() { Training = await control.GetTrainingAsync(run.Run, cancellationToken) ?? run },
        { Evaluation: { } evaluation } => new() { Evaluation = await control.GetEvaluationAsync(evaluation.Evaluation, cancellationToken) ?? evaluation },
        { Sweep: { } sweep } => new() { Sweep = await control.GetSweepAsync(sweep.Sweep, cancellationToken) ?? sweep },
        _ => new() { Federation = await control.GetFederationAsync(Federation!.Federation, cancellationToken) ?? Federation },
    };

    /// <summary>Refuses a name that something has, as commands such as 'afa watch' take the names of all of them.</summary>
    /// <exception cref="UsageException">It is taken; the message says by what, and how to go on with that.</exception>
    public static async Task RequireFreeAsync(IAfaControl control, ClientContext context, string store, string name)
    {
        if (await GetAsync(control, name, context.Interrupt) is not { } taken)
        {
            return;
        }

        var (kind, resume) = taken switch
        {
            { Training: not null } => ("a run", "train"),
            { Evaluation: not null } => ("an evaluation", "evaluate"),
            { Sweep: not null } => ("a sweep", "sweep"),
            _ => ("a federation", "federate"),
        };
        var choices = taken.State is RunState.Completed or RunState.Canceled ? "Choose another name." : $"Go on with it by: {context.CommandLine($"{resume} --resume {name}", store)}, or choose another name.";
        throw new UsageException($"There is {kind} '{name}' in {store} already ({StatusText.Name(taken.State)}). {choices}");
    }

    /// <summary>Makes a name that is free: the time after a prefix.</summary>
    public static Task<string> NewNameAsync(IAfaControl control, ClientContext context, string prefix) =>
        RunName.CreateAsync(prefix, context.Clock.GetLocalNow(), async name => await GetAsync(control, name, context.Interrupt) is not null);

    /// <summary>Asks for this name alone. Returns null if there is none.</summary>
    private static async Task<NamedWork?> GetAsync(IAfaControl control, string name, CancellationToken cancellationToken) =>
        await control.GetTrainingAsync(name, cancellationToken) is { } training ? new() { Training = training }
        : await control.GetEvaluationAsync(name, cancellationToken) is { } evaluation ? new() { Evaluation = evaluation }
        : await control.GetSweepAsync(name, cancellationToken) is { } sweep ? new() { Sweep = sweep }
        : await control.GetFederationAsync(name, cancellationToken) is { } federation ? new() { Federation = federation }
        : null;

    private static async Task<IReadOnlyList<NamedWork>> ListAsync(IAfaControl control, CancellationToken cancellationToken) =>
    [
        .. (await control.ListTrainingsAsync(cancellationToken)).Select(run => new NamedWork { Training = run }),
        .. (await control.ListEvaluationsAsync(cancellationToken)).Select(evaluation => new NamedWork { Evaluation = evaluation }),
        .. (await control.ListSweepsAsync(cancellationToken)).Select(sweep => new NamedWork { Sweep = sweep }),
        .. (await control.ListFederationsAsync(cancellationToken)).Select(federation => new NamedWork { Federation = federation }),
    ];
}
