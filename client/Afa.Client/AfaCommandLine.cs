using System.CommandLine;
using System.CommandLine.Invocation;
using System.ComponentModel.DataAnnotations;
using Afa.Client.Commands;
using Afa.Data;
using Afa.Grains;

namespace Afa.Client;

/// <summary>The command tree, and how its outcome becomes an exit code and a message.</summary>
internal static class AfaCommandLine
{
    public const string DebugVariable = "AFA_DEBUG";

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, ClientContext context)
    {
        var parsed = new AfaRootCommand(context).Parse(arguments);
        if (parsed.Action is ParseErrorAction)
        {
            Report(context, ParseProblems.Describe(parsed));
            context.Error.WriteLine($"Run '{CommandPath(parsed)} --help' for what is possible.");
            return ExitCode.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = context.Output,
                    Error = context.Error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,   // InterruptSignal handles Ctrl-C.
                },
                CancellationToken.None);
        }
        catch (Exception exception)
        {
            return Report(context, exception);
        }
    }

    private static int Report(ClientContext context, Exception exception)
    {
        var debug = context.Environment(DebugVariable) == "1";
        var code = ExitCode.Failure;
        switch (exception)
        {
            case UsageException usage:
                Report(context, usage.Problems);
                code = ExitCode.Usage;
                break;
            case FileNotFoundException or DirectoryNotFoundException or DatasetNotFoundException:
                Report(context, [exception.Message]);
                code = ExitCode.Usage;
                break;
            case ArgumentException or ValidationException:   // A grain refused the options.
                Report(context, [GrainMessage.WithoutStackTrace(exception.Message)]);
                code = ExitCode.Usage;
                break;
            case CommandFailedException or WorkedOnElsewhereException or IOException or InvalidDataException or UnauthorizedAccessException:
                Report(context, [exception.Message]);
                break;
            case OperationCanceledException when context.Interrupt.IsCancellationRequested:
                context.Error.WriteLine("Interrupted.");
                break;
            default:
                Report(context, [$"{GrainMessage.WithoutStackTrace(exception.Message)} ({exception.GetType().Name})"]);
                if (!debug)
                {
                    context.Error.WriteLine($"This was not expected. Set {DebugVariable}=1 for the stack trace.");
                }

                break;
        }

        if (debug)
        {
            context.Error.WriteLine(exception);
        }

        return code;
    }

    private static void Report(ClientContext context, IReadOnlyList<string> problems)
    {
        if (problems.Count == 1)
        {
            context.Error.WriteLine($"error: {problems[0]}");
            return;
        }

        context.Error.WriteLine($"error: {problems.Count} problems:");
        foreach (var problem in problems)
        {
            context.Error.WriteLine($"  - {problem}");
        }
    }

    private static string CommandPath(ParseResult parsed)
    {
        var names = new List<string>();
        for (var result = parsed.CommandResult; result?.Command is not (null or RootCommand); result = result.Parent as System.CommandLine.Parsing.CommandResult)
        {
            names.Insert(0, result.Command.Name);
        }

        return string.Join(' ', names.Prepend("afa"));
    }
}
