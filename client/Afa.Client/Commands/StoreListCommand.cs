using System.CommandLine;
using Afa.Client.Control;
using Afa.Client.Output;
using Afa.Grains;

namespace Afa.Client.Commands;

/// <summary>A command that lists things of a store, which holds none of them if it does not exist.</summary>
internal abstract class StoreListCommand<T> : ClientCommand
{
    private readonly ClientContext _context;
    private readonly SessionFlags _session = new();
    private readonly Option<bool> _json = SharedOptions.Json();

    protected StoreListCommand(ClientContext context, string name, string description, params IReadOnlyList<string> examples)
        : base(name, description, examples)
    {
        _context = context;
        foreach (var option in _session.All.Append(_json))
        {
            Options.Add(option);
        }

        SetAction((parsed, _) => RunAsync(parsed));
    }

    /// <summary>Such as "runs".</summary>
    protected abstract string Things { get; }

    /// <summary>How to get the first one; a sentence.</summary>
    protected abstract string Hint { get; }

    protected abstract IReadOnlyList<string> Headers { get; }

    protected abstract Task<IReadOnlyList<T>> ListAsync(IAfaControl control, CancellationToken cancellationToken);

    protected abstract IReadOnlyList<string> Row(T item);

    /// <summary>The item as programs read it.</summary>
    protected abstract object Document(T item);

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var request = _session.Read(parsed, _context);
        var output = new ClientOutput(_context, parsed.GetValue(_json));
        var items = request.IsRemote || await _context.StoreExistsAsync(request.Store) ? await ListAsync(request) : [];
        if (items.Count == 0)
        {
            output.Text.WriteLine($"There are no {Things} in {request.Store}. {Hint}");
        }
        else if (!output.IsJson)
        {
            output.WriteTable(Headers, [.. items.Select(Row)]);
        }

        output.WriteDocument(items.Select(Document));
        return ExitCode.Success;
    }

    private async Task<IReadOnlyList<T>> ListAsync(SessionRequest request)
    {
        await using var session = await _context.Connect(request, _context.Interrupt);
        return await ListAsync(session.Control, _context.Interrupt);
    }
}
