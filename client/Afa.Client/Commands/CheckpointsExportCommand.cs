using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Checkpoints.Interchange;
using Afa.Client.Control;
using Afa.Client.Output;
using Afa.Client.Reports;
using Afa.Grains;
using Afa.Models;
using Afa.Training;

namespace Afa.Client.Commands;

/// <summary>Writes the weights of a stored checkpoint into a file for other programs.</summary>
internal sealed class CheckpointsExportCommand : StoreCommand
{
    private readonly ClientContext _context;
    private readonly Argument<string> _name = new("NAME") { Description = "Name of a stored checkpoint, or of a run: its best checkpoint by validation, else the final, else the newest." };
    private readonly Option<string> _to = new("--to") { HelpName = "FILE", Required = true, Description = $"The file to write. Its ending decides the format: {string.Join(", ", WeightsExport.Extensions)}." };
    private readonly Option<bool> _force = new("--force") { Description = "Replace a file that is there." };

    public CheckpointsExportCommand(ClientContext context)
        : base(
            context,
            "export",
            "Writes a checkpoint's weights under PyTorch's names, as a safetensors file or as torch.save does.",
            "afa checkpoints export my-run --to weights.pt            # model.load_state_dict(torch.load('weights.pt'))",
            "afa checkpoints export my-run --to weights.safetensors --force")
    {
        _context = context;
        Arguments.Add(_name);
        Options.Add(_to);
        Options.Add(_force);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, IAfaControl control, string store)
    {
        var path = Path.GetFullPath(parsed.GetValue(_to)!);
        var extension = Path.GetExtension(path).ToLowerInvariant();
        if (!WeightsExport.Extensions.Contains(extension))
        {
            throw new UsageException($"The name of the file to write must end in {string.Join(", ", WeightsExport.Extensions)}, which decides its format; '{parsed.GetValue(_to)}' does not.");
        }

        if (Directory.Exists(path))
        {
            throw new UsageException($"{path} is a folder; name a file in it.");
        }

        if (File.Exists(path) && !parsed.GetValue(_force))
        {
            throw new UsageException($"There is a file {path} already. Choose another name, or replace it with --force.");
        }

        var checkpoint = await CheckpointLookup.FindAsync(control, parsed.GetValue(_name)!, _context.Interrupt);
        var export = await control.ExportCheckpointAsync(checkpoint.Name, _context.Interrupt);
        var model = JsonSerializer.Deserialize<ModelOptions>(export.ModelJson, AfaJson.Options)!;
        var weights = Safetensors.Read(export.Weights, checkpoint.Name).Tensors;
        var content = WeightsExport.Write(extension, weights, model);
        ReportFile.Replace(Path.GetDirectoryName(path)!, Path.GetFileName(path), content);

        _context.Output.WriteLine($"Exported {checkpoint.Name} to {path}: {model.Name}, {weights.Keys.Count(name => !ImageClassifier.IsAuxiliary(name))} tensors, {StatusText.Size(content.Length)}.");
        _context.Output.WriteLine(model is { Mean: { } mean, StandardDeviation: { } deviation }
            ? $"Its input is (pixels - mean) / deviation, pixels in [0, 1], mean {Numbers(mean)}, deviation {Numbers(deviation)}."
            : "Its input is pixels in [0, 1] as they are.");
        if (WeightsExport.Note(model) is { } note)
        {
            _context.Output.WriteLine(note);
        }

        return ExitCode.Success;
    }

    private static string Numbers(IReadOnlyList<double> values) => string.Join(" ", values.Select(value => value.ToString("0.####", CultureInfo.InvariantCulture)));
}
