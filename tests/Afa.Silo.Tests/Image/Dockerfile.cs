namespace Afa.Tests.Silo.Image;

/// <summary>Reads as much of a Dockerfile's language as this project's uses.</summary>
internal static class Dockerfile
{
    public static IReadOnlyList<Stage> Read(string path)
    {
        var lines = File.ReadLines(path).Where(line => line.Trim() is { Length: > 0 } text && text[0] != '#');
        var text = string.Join('\n', lines).Replace("\\\n", " ", StringComparison.Ordinal);
        var stages = new List<Stage>();
        foreach (var line in text.Split('\n'))
        {
            var (name, arguments) = line.Split(' ', 2) is [var first, var rest] ? (first, rest.Trim()) : throw new InvalidDataException($"'{line}' is no instruction.");
            if (name == "FROM")
            {
                var from = arguments.Split(" AS ");
                stages.Add(new(from[0], from.ElementAtOrDefault(1), new List<Instruction>()));
            }
            else
            {
                ((List<Instruction>)stages[^1].Instructions).Add(new(name, arguments));
            }
        }

        return stages;
    }
}
