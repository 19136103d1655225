using System.CommandLine;
using Afa.Client.Options;

namespace Afa.Client.Commands;

/// <summary>Puts into words why a command line could not be parsed.</summary>
internal static class ParseProblems
{
    public static IReadOnlyList<string> Describe(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var problems = new List<string>();
        for (var i = 0; i < parsed.UnmatchedTokens.Count; i++)
        {
            var token = parsed.UnmatchedTokens[i];
            if (token.StartsWith('-'))
            {
                problems.Add(Unknown("option", token, OptionNames(command)));
            }
            else if (i == 0 || !parsed.UnmatchedTokens[i - 1].StartsWith('-'))   // Else the value of an unknown option.
            {
                problems.Add(command.Subcommands.Count > 0
                    ? $"{Unknown("command", token, Names(command.Subcommands))} Commands: {string.Join(", ", Names(command.Subcommands))}."
                    : $"Unexpected argument '{token}'.");
            }
        }

        // The parser words these two itself; unmatched tokens are described above.
        if (parsed.UnmatchedTokens.Count == 0)
        {
            problems.AddRange(command.Subcommands.Count > 0 && parsed.CommandResult.Children.Any() is false
                ? [$"A command is needed: {string.Join(", ", Names(command.Subcommands))}."]
                : parsed.Errors.Select(error => error.Message));
        }

        return [.. problems.Distinct()];
    }

    private static string Unknown(string what, string token, IEnumerable<string> known) =>
        ClosestName.Find(token, known) is { } closest ? $"Unknown {what} '{token}'; did you mean '{closest}'?" : $"Unknown {what} '{token}'.";

    private static IEnumerable<string> Names(IEnumerable<Command> commands) => commands.Select(command => command.Name);

    private static IEnumerable<string> OptionNames(Command command) => command.Options.Select(option => option.Name);
}
