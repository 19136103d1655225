using System.CommandLine;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>A command that works on a store that exists already.</summary>
internal abstract class StoreCommand : ClientCommand
{
    private readonly ClientContext _context;
    private readonly Option<string?> _store = SharedOptions.Store();

    protected StoreCommand(ClientContext context, string name, string description, params IReadOnlyList<string> examples)
        : base(name, description, examples)
    {
        _context = context;
        Options.Add(_store);
        SetAction(async (parsed, _) =>
        {
            var store = await _context.ExistingStoreAsync(parsed.GetValue(_store));
            await using var session = await _context.Connect(store, Devices is null ? null : parsed.GetValue(Devices), _context.Interrupt);
            return await RunAsync(parsed, session.Control, store);
        });
    }

    /// <summary>Device slots to work on, for a command that has something computed; else null.</summary>
    protected Option<int?>? Devices { get; init; }

    /// <summary>Does the command's work. Returns the exit code.</summary>
    /// <param name="store">Full path or address of the store.</param>
    protected abstract Task<int> RunAsync(ParseResult parsed, IAfaControl control, string store);
}
