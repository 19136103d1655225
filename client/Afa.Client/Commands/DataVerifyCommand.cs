using System.CommandLine;
using Afa.Client.Options;
using Afa.Client.Output;
using Afa.Data;

namespace Afa.Client.Commands;

/// <summary>Reads and checks the files of a data set.</summary>
internal sealed class DataVerifyCommand : ClientCommand
{
    private readonly ClientContext _context;
    private readonly Argument<string> _name = new("NAME") { Description = $"One of {DatasetName.Choices}; or an .npz file of generated images." };
    private readonly Option<string?> _directory = new("--data-dir") { HelpName = "DIR", Description = "Folder with the files of a data set with a name. Without it, the usual places are searched." };
    private readonly Option<bool> _json = SharedOptions.Json();

    public DataVerifyCommand(ClientContext context)
        : base("verify", "Reads every image of a data set, checks all checksums, and compares files with the published ones. Exit code 1 if they differ.", "afa data verify fashion-mnist", "afa data verify ./converted")
    {
        _context = context;
        Arguments.Add(_name);
        Options.Add(_directory);
        Options.Add(_json);
        SetAction((parsed, _) => RunAsync(parsed));
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var (name, directory) = (parsed.GetValue(_name)!, parsed.GetValue(_directory));
        if (!name.EndsWith(".npz", StringComparison.OrdinalIgnoreCase))
        {
            name = DatasetName.Resolve(name);
        }

        var output = new ClientOutput(_context, parsed.GetValue(_json));
        var reports = await output.WithProgressAsync(view => Task.Run(() => DatasetVerification.Splits(name)
            .Select(split => DatasetVerification.Verify(name, split, directory, new PassProgress(view, _context.Clock, "verifying"), _context.Interrupt)).ToList()));
        foreach (var report in reports)
        {
            output.Text.WriteLine($"{StatusText.Name(report.Split)}: {report.Count} of {report.OfficialCount} images");
            foreach (var file in report.Files)
            {
                output.Text.WriteLine($"  {file.Path}: {Describe(file.Checksum)}, MD5 {file.Md5}");
            }
        }

        var isComplete = reports.TrueForAll(report => report.IsComplete);
        output.Text.WriteLine(isComplete ? $"{name} is complete." : $"{name} can be read, but is not the published data set.");
        output.WriteDocument(reports);
        return isComplete ? ExitCode.Success : ExitCode.Failure;
    }

    private static string Describe(ChecksumResult checksum) => checksum switch
    {
        ChecksumResult.Official => "as published",
        ChecksumResult.Different => "differs from the published file",
        _ => "readable, no checksum is published",
    };
}
