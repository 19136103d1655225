using System.CommandLine;
using Afa.Silo;

namespace Afa.Client.Commands;

/// <summary>Runs a silo of a cluster.</summary>
internal sealed class SiloCommand : ClientCommand
{
    private readonly ClientContext _context;
    private readonly SiloFlags _flags = new();

    public SiloCommand(ClientContext context)
        : base("silo", SiloFlags.Description, SiloFlags.Examples)
    {
        _context = context;
        foreach (var flag in _flags.All)
        {
            Options.Add(flag);
        }

        SetAction((parsed, _) => RunAsync(parsed));
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var problems = new List<string>();
        var options = _flags.Read(parsed, _context.Environment, problems);
        UsageException.ThrowIfAny(problems);
        try
        {
            await SiloHost.RunAsync(options);
            return ExitCode.Success;
        }
        catch (SiloStartException exception)
        {
            throw new CommandFailedException(exception.Message);
        }
    }
}
