using Afa.Grains;

namespace Afa.Silo.Api;

/// <summary>Training runs, evaluations or sweeps: how the cluster is asked for them, and what they are called.</summary>
/// <typeparam name="TStatus">How far one is.</typeparam>
/// <typeparam name="TOptions">What one is started with.</typeparam>
internal sealed record WorkKind<TStatus, TOptions>
    where TStatus : class
    where TOptions : class
{
    /// <summary>Segment of the path: the plural, such as "trainings".</summary>
    public required string Path { get; init; }

    /// <summary>One of them, such as "training run".</summary>
    public required string Noun { get; init; }

    /// <summary>Largest body that starts one, in bytes.</summary>
    public long MaxOptionsSizeInBytes { get; init; } = 1 << 20;

    public required Func<TStatus, RunState> State { get; init; }

    public required Func<ICatalogGrain, Task<IReadOnlyList<string>>> NamesAsync { get; init; }

    public required Func<IAfaControl, CancellationToken, Task<IReadOnlyList<TStatus>>> ListAsync { get; init; }

    public required Func<IAfaControl, string, CancellationToken, Task<TStatus?>> GetAsync { get; init; }

    public required Func<IAfaControl, string, string, CancellationToken, Task> StartAsync { get; init; }

    public required Func<IAfaControl, string, CancellationToken, Task> ResumeAsync { get; init; }

    public required Func<IAfaControl, string, CancellationToken, Task> CancelAsync { get; init; }

    /// <summary>Null if such work cannot be paused.</summary>
    public Func<IAfaControl, string, CancellationToken, Task>? PauseAsync { get; init; }

    /// <summary>Null if such work has no result of its own.</summary>
    public WorkResult? Result { get; init; }
}

/// <summary>What comes out of such work.</summary>
/// <param name="Document">Type of the JSON.</param>
internal sealed record WorkResult(Type Document, Func<IAfaControl, string, CancellationToken, Task<string?>> GetAsync);
