using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Afa.Client.Commands;

/// <summary>Adds a command's examples to the end of its help.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        help.Invoke(parseResult);

        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (var example in ((IHasExamples)parseResult.CommandResult.Command).Examples)
        {
            output.WriteLine($"  {example}");
        }

        output.WriteLine();
        return ExitCode.Success;
    }
}
