using System.CommandLine;
using Afa.Client.Control;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>A command that works on a store that exists already.</summary>
internal abstract class StoreCommand : ClientCommand
{
    private readonly ClientContext _context;
    private readonly SessionFlags _session;

    protected StoreCommand(ClientContext context, string name, string description, params IReadOnlyList<string> examples)
        : this(context, new SessionFlags(), name, description, examples)
    {
    }

    /// <param name="session">Where the command works.</param>
    protected StoreCommand(ClientContext context, SessionFlags session, string name, string description, params IReadOnlyList<string> examples)
        : base(name, description, examples)
    {
        (_context, _session) = (context, session);
        foreach (var option in _session.All)
        {
            Options.Add(option);
        }

        SetAction(async (parsed, _) =>
        {
            await using var session = await _session.OpenAsync(parsed, _context, StoreUse.Read);
            return await RunAsync(parsed, session.Control, session.Store);
        });
    }

    /// <summary>Does the command's work. Returns the exit code.</summary>
    /// <param name="store">As <see cref="IControlSession.Store"/>.</param>
    protected abstract Task<int> RunAsync(ParseResult parsed, IAfaControl control, string store);
}
