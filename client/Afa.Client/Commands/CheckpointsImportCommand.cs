using System.CommandLine;
using System.Text.Json;
using Afa.Client.Control;
using Afa.Client.Options;
using Afa.Data;
using Afa.Grains;
using Afa.Models;
using Afa.Training;

namespace Afa.Client.Commands;

/// <summary>Brings a safetensors file into the store, so that it can be evaluated.</summary>
internal sealed class CheckpointsImportCommand : ClientCommand
{
    private const long MaxSizeInBytes = 1L << 30;

    private readonly ClientContext _context;
    private readonly Argument<string> _file = new("FILE") { Description = "A .safetensors file with the model's weights under PyTorch's names." };
    private readonly Option<string> _model = new("--model") { HelpName = "NAME", Required = true, Description = $"One of {string.Join(", ", ModelRegistry.Names)}." };
    private readonly Option<string> _dataset = new("--dataset") { HelpName = "NAME", Required = true, Description = $"What it was trained on: one of {string.Join(", ", DatasetRegistry.Names)}." };
    private readonly Option<double> _width = new("--width") { HelpName = "FACTOR", DefaultValueFactory = _ => 1, Description = "Times the usual number of channels." };
    private readonly Option<int?> _depth = new("--depth") { HelpName = "N", Description = "Layers of a wide-resnet." };
    private readonly Option<string?> _run = new("--run") { HelpName = "NAME", Description = "What the checkpoint is called from then on. Without it: the file's name." };
    private readonly Option<string?> _store = SharedOptions.Store();

    public CheckpointsImportCommand(ClientContext context)
        : base(
            "import",
            "Brings weights from elsewhere into the store, checked against the model, so that they can be evaluated.",
            "afa checkpoints import weights.safetensors --model small-cnn --dataset fashion-mnist   # then: afa evaluate weights")
    {
        _context = context;
        Arguments.Add(_file);
        foreach (var option in new Option[] { _model, _dataset, _width, _depth, _run, _store })
        {
            Options.Add(option);
        }

        SetAction((parsed, _) => RunAsync(parsed));
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var (path, model, dataset) = (parsed.GetValue(_file)!, parsed.GetValue(_model)!, parsed.GetValue(_dataset)!);
        ClosestName.Require("model", model, ModelRegistry.Names);
        ClosestName.Require("data set", dataset, DatasetRegistry.Names);
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            throw new UsageException(Directory.Exists(path) ? $"'{path}' is a folder; name a .safetensors file in it." : $"There is no file {file.FullName}.");
        }

        if (file.Length > MaxSizeInBytes)
        {
            throw new UsageException($"{path} has {file.Length} bytes; at most {MaxSizeInBytes} can be imported.");
        }

        var run = parsed.GetValue(_run) ?? Path.GetFileNameWithoutExtension(path);
        if (!RunName.IsValid(run))
        {
            throw new UsageException(parsed.GetValue(_run) is null ? $"'{run}', the file's name, cannot be the checkpoint's; choose one with --run. {RunName.Rule(run)}" : RunName.Rule(run));
        }

        var options = new ModelOptions { Name = model, WidthFactor = parsed.GetValue(_width), Depth = parsed.GetValue(_depth) ?? new ModelOptions().Depth };
        var store = _context.Store(parsed.GetValue(_store));
        await using var session = await _context.Connect(store, null, _context.Interrupt);
        if (await session.Control.GetTrainingAsync(run, _context.Interrupt) is not null)
        {
            throw new UsageException($"There is a run '{run}' already. Choose another name with --run.");
        }

        var import = new CheckpointImport(run, JsonSerializer.Serialize(options, AfaJson.Options), dataset, path, await File.ReadAllBytesAsync(path, _context.Interrupt));
        var name = await session.Control.ImportCheckpointAsync(import, _context.Interrupt);
        _context.Output.WriteLine($"Imported {name}. Evaluate it with: afa evaluate {run}");
        return ExitCode.Success;
    }
}
