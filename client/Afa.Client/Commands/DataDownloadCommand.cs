using System.CommandLine;
using Afa.Client.Options;
using Afa.Client.Output;
using Afa.Data;

namespace Afa.Client.Commands;

/// <summary>Downloads a data set from its publisher.</summary>
internal sealed class DataDownloadCommand : ClientCommand
{
    private readonly ClientContext _context;
    private readonly Argument<string> _name = new("NAME") { Description = $"One of {string.Join(", ", DatasetRegistry.Names)}." };
    private readonly Option<string?> _directory = new("--data-dir") { HelpName = "DIR", Description = "Where to put the files. Without it: the cache folder, which training searches." };

    public DataDownloadCommand(ClientContext context)
        : base("download", "Downloads a data set from its publisher and checks it. Files that are there already are kept.", "afa data download cifar-10")
    {
        _context = context;
        Arguments.Add(_name);
        Options.Add(_directory);
        SetAction((parsed, _) => RunAsync(parsed));
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var name = parsed.GetValue(_name)!;
        ClosestName.Require("data set", name, DatasetRegistry.Names);

        if (DatasetRegistry.Get(name) is { Downloads.Count: 0, ManualDownload: { } archive })
        {
            throw new UsageException($"{name} has no published checksum, so it is not downloaded here. Download and unpack {archive}, and name the folder with --data-dir or {DatasetLocator.DataDirectoryVariable}.");
        }

        var output = new ClientOutput(_context, json: false);
        using var client = new HttpClient();
        try
        {
            var folder = await output.WithProgressAsync(view => new DatasetDownloader(client).DownloadAsync(
                DatasetRegistry.Get(name), parsed.GetValue(_directory), new DownloadView(view), _context.Interrupt));
            output.Text.WriteLine($"{name} is in {folder}.");
            return ExitCode.Success;
        }
        catch (HttpRequestException exception)
        {
            throw new CommandFailedException(
                $"{name} could not be downloaded: {exception.Message}\n" +
                $"Without a network, copy the files by hand and name their folder with --data-dir or {DatasetLocator.DataDirectoryVariable}.");
        }
    }

    private sealed class DownloadView(IProgressView view) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value)
        {
            var total = value.TotalBytes is { } bytes ? $" of {StatusText.Size(bytes)}" : "";
            view.Update(new ProgressState(value.FileName, "", value.ReceivedBytes, value.TotalBytes ?? value.ReceivedBytes, $"{StatusText.Size(value.ReceivedBytes)}{total}"));
        }
    }
}
