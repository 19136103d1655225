using Afa.Client.Control;
using Afa.Storage;
using Spectre.Console;

namespace Afa.Client;

/// <summary>What the commands need of the process and the machine around them.</summary>
internal sealed record ClientContext
{
    public const string StoreVariable = "AFA_STORE";

    public required TextWriter Output { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>Opens the cluster that works on a store, or a running one.</summary>
    public required Func<SessionRequest, CancellationToken, Task<IControlSession>> Connect { get; init; }

    /// <summary>Cancelled by the first Ctrl-C.</summary>
    public required CancellationToken Interrupt { get; init; }

    /// <summary>Wraps a writer that ends at a terminal; null for any other writer.</summary>
    public Func<TextWriter, IAnsiConsole?> Terminal { get; init; } = TerminalOf;

    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Full path or address of the store: as given, else from <see cref="StoreVariable"/>, else "afa-store" in the current folder.</summary>
    /// <exception cref="ArgumentException">It is none that <see cref="StoreLocation"/> knows.</exception>
    public string Store(string? given)
    {
        var fromEnvironment = Environment(StoreVariable);
        return StoreLocation.Parse(given ?? (string.IsNullOrEmpty(fromEnvironment) ? "afa-store" : fromEnvironment)).ToString();
    }

    /// <summary>Refuses a store that is missing, where a command goes on with what is in it.</summary>
    /// <exception cref="UsageException">There is no such folder or container.</exception>
    public async Task RequireStoreAsync(string store)
    {
        if (!await StoreExistsAsync(store))
        {
            throw new UsageException($"There is no store at {store}. 'afa train' creates one; --store or {StoreVariable} names another.");
        }
    }

    public Task<bool> StoreExistsAsync(string store) => StoreLocation.Parse(store).ExistsAsync(Environment, Interrupt);

    /// <summary>Creates a store if it is missing, and finds out now, not after an epoch, whether it can be written to.</summary>
    /// <exception cref="UsageException">It cannot.</exception>
    public async Task PrepareStoreAsync(string store)
    {
        try
        {
            await StoreLocation.Parse(store).PrepareAsync(Environment, Interrupt);
        }
        catch (IOException exception)
        {
            throw new UsageException($"The store {store} cannot be created or written to: {exception.Message}");
        }
    }

    /// <summary>A command that works on a store or with a cluster, as a user would type it.</summary>
    public string CommandLine(string command, string store) =>
        SessionRequest.IsRemoteName(store) ? $"afa {command} --{store}" : $"afa {command}{(store == Store(null) ? "" : $" --store {store}")}";

    /// <summary>What becomes of work in a cluster that is no longer followed, and what its user can do.</summary>
    public string GoesOn(string work, string store) =>
        $"'{work}' goes on in the cluster. Follow it with: {CommandLine($"watch {work}", store)}\nStop it with: {CommandLine($"cancel {work}", store)}";

    private static IAnsiConsole? TerminalOf(TextWriter writer)
    {
        var output = new AnsiConsoleOutput(writer);
        return output.IsTerminal ? AnsiConsole.Create(new AnsiConsoleSettings { Out = output }) : null;
    }
}
