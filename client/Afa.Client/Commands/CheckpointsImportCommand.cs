using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Checkpoints.Interchange;
using Afa.Client.Control;
using Afa.Client.Options;
using Afa.Data;
using Afa.Grains;
using Afa.Models;
using Afa.Training;

namespace Afa.Client.Commands;

/// <summary>Brings weights of another program into the store, so that they can be evaluated.</summary>
internal sealed class CheckpointsImportCommand : ClientCommand
{
    private readonly ClientContext _context;
    private readonly Argument<string> _file = new("FILE") { Description = "A safetensors file, or a file of torch.save (.pt, .pth) that holds a state dict. Nothing in it is executed." };
    private readonly Option<string> _dataset = new("--dataset") { HelpName = "NAME", Required = true, Description = $"What it was trained on: one of {DatasetName.Choices}." };
    private readonly Option<string?> _model = new("--model") { HelpName = "NAME", Description = $"One of {ModelRegistry.Known}. Without it: told from the file." };
    private readonly Option<double?> _width = new("--width") { HelpName = "FACTOR", Description = "Times the usual number of channels. Without it: told from the file, else 1." };
    private readonly Option<int?> _depth = new("--depth") { HelpName = "N", Description = "Layers of a wide-resnet or dm-wide-resnet. Without it: told from the file." };
    private readonly Option<Activation?> _activation = new("--activation") { HelpName = SettingOption.Choices<Activation>(), Description = "What follows each normalization. Without it: silu with the dm- networks, of which most were published with it, and relu with the others." };
    private readonly Option<ImportNormalization> _normalization = new("--normalization") { HelpName = "auto|none|dataset", Description = "How pixels are normalized: as the file says, else as the network's published class does (auto); not at all; or by the data set's usual mean and deviation. [default: auto]" };
    private readonly Option<string?> _key = new("--key") { HelpName = "KEY", Description = "Where in a file of torch.save the state dict is. Without it: a usual place, such as state_dict." };
    private readonly Option<string?> _run = new("--run") { HelpName = "NAME", Description = "What the checkpoint is called from then on. Without it: the file's name." };
    private readonly SessionFlags _session = new();

    public CheckpointsImportCommand(ClientContext context)
        : base(
            "import",
            "Brings weights from elsewhere into the store, checked against the model, so that they can be evaluated.",
            "afa checkpoints import weights.pt --dataset cifar-10     # then: afa evaluate weights",
            "afa checkpoints import weights.safetensors --dataset fashion-mnist --model small-cnn --run mine",
            "afa checkpoints import last.pth --dataset cifar-10 --key net --normalization dataset")
    {
        _context = context;
        Arguments.Add(_file);
        foreach (var option in new Option[] { _dataset, _model, _width, _depth, _activation, _normalization, _key, _run }.Concat(_session.All))
        {
            Options.Add(option);
        }

        SetAction((parsed, _) => RunAsync(parsed));
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        var (path, dataset, model) = (parsed.GetValue(_file)!, parsed.GetValue(_dataset)!, parsed.GetValue(_model));
        dataset = DatasetName.Resolve(dataset);
        if (model is not null)
        {
            ModelNames.Require(model, parsed.GetValue(_depth));
        }

        var weights = await ForeignWeights.LoadAsync(path, parsed.GetValue(_key), _context.Interrupt);
        var run = RunOf(parsed, path);
        var chosen = ImportedModel.Choose(weights, DatasetRegistry.Get(dataset), model, parsed.GetValue(_width), parsed.GetValue(_depth), parsed.GetValue(_activation), parsed.GetValue(_normalization));

        await using var session = await _session.OpenAsync(parsed, _context, StoreUse.Create);
        await NamedWork.RequireFreeAsync(session.Control, _context, session.Store, run);
        var import = new CheckpointImport(run, JsonSerializer.Serialize(chosen.Options, AfaJson.Options), dataset, path, Safetensors.Write(weights.Tensors));
        var name = await session.Control.ImportCheckpointAsync(import, _context.Interrupt);
        WriteFindings(weights, chosen);
        _context.Output.WriteLine($"Imported {name}. Evaluate it with: {_context.CommandLine($"evaluate {run}", session.Store)}");
        return ExitCode.Success;
    }

    private string RunOf(ParseResult parsed, string path)
    {
        var given = parsed.GetValue(_run);
        var run = given ?? Path.GetFileNameWithoutExtension(path);
        return WorkName.IsValid(run)
            ? run
            : throw new UsageException(given is null ? $"'{run}', the file's name, cannot be the checkpoint's; choose one with --run. {WorkName.Rule(run)}" : WorkName.Rule(run));
    }

    private void WriteFindings(ForeignWeights weights, ImportedModel chosen)
    {
        var model = chosen.Options;
        var width = model.WidthFactor.ToString("0.####", CultureInfo.InvariantCulture);
        string[] lines =
        [
            .. weights.Findings,
            $"The network is {model.Name}, width {width}{(model.Name.EndsWith("wide-resnet", StringComparison.Ordinal) ? $", depth {model.Depth}" : "")}, {model.Activation.ToString().ToLowerInvariant()}.",
            $"{chosen.Reason} (--normalization)",
        ];
        foreach (var line in lines)
        {
            _context.Output.WriteLine(line);
        }
    }
}
