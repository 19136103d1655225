using System.CommandLine;
using Afa.Client.Output;
using Afa.Data;

namespace Afa.Client.Commands;

/// <summary>Lists the known data sets.</summary>
internal sealed class DataListCommand : ClientCommand
{
    private readonly ClientContext _context;
    private readonly Option<bool> _json = SharedOptions.Json();

    public DataListCommand(ClientContext context)
        : base("list", "Lists the known data sets and where their files are.", "afa data list")
    {
        _context = context;
        Options.Add(_json);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var output = new ClientOutput(_context, parsed.GetValue(_json));
        var datasets = DatasetRegistry.All.Select(dataset => (Dataset: dataset, Folder: Find(dataset))).ToList();
        if (!output.IsJson)
        {
            output.WriteTable(
                ["Name", "Title", "Image", "Classes", "Usual epsilon", "Files"],
                [.. datasets.Select(found => Row(found.Dataset, found.Folder))]);
        }

        output.WriteDocument(datasets.Select(found => new
        {
            found.Dataset.Name,
            found.Dataset.Title,
            found.Dataset.Channels,
            found.Dataset.Height,
            found.Dataset.Width,
            found.Dataset.Classes,
            found.Dataset.RecommendedEpsilon,
            found.Folder,
        }));
        return ExitCode.Success;
    }

    private static IReadOnlyList<string> Row(DatasetDescription dataset, string? folder) =>
    [
        dataset.Name,
        dataset.Title,
        $"{dataset.Channels}x{dataset.Height}x{dataset.Width}",
        $"{dataset.Classes}",
        TrainingSummary.Radius(dataset.RecommendedEpsilon),
        folder ?? "not found",
    ];

    private static string? Find(DatasetDescription dataset)
    {
        try
        {
            return Path.GetDirectoryName(DatasetLocator.Locate(dataset, DataSplit.Train)[0]);
        }
        catch (DatasetNotFoundException)
        {
            return null;
        }
    }
}
