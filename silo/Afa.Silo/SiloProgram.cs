using System.CommandLine;

namespace Afa.Silo;

/// <summary>A silo as a program of its own: from its command line to its exit code.</summary>
public static class SiloProgram
{
    private const int Failure = 1;
    private const int Usage = 2;

    /// <summary>Runs a silo until the process is asked to end.</summary>
    /// <param name="environment">Looks up variables.</param>
    /// <returns>0 after an orderly end, 1 if the silo could not start, 2 for wrong options.</returns>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error, Func<string, string?> environment)
    {
        var flags = new SiloFlags();
        var command = new RootCommand($"{SiloFlags.Description}\n\nExamples:\n{string.Join('\n', SiloFlags.Examples.Select(example => $"  {example}"))}");
        foreach (var flag in flags.All)
        {
            command.Options.Add(flag);
        }

        var parsed = command.Parse(arguments);
        if (parsed.Errors.Count == 0 && parsed.Action is { } help)
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
        }

        var problems = parsed.Errors.Select(problem => problem.Message).ToList();
        var options = problems.Count == 0 ? flags.Read(parsed, environment, problems) : null;
        if (problems.Count > 0)
        {
            error.WriteLine(problems.Count == 1 ? $"error: {problems[0]}" : $"error: {problems.Count} problems:\n{string.Join('\n', problems.Select(problem => $"  - {problem}"))}");
            error.WriteLine("Give --help for what is possible.");
            return Usage;
        }

        try
        {
            await SiloHost.RunAsync(options!);
            return 0;
        }
        catch (SiloStartException exception)
        {
            error.WriteLine($"error: {exception.Message}");
            return Failure;
        }
    }
}
