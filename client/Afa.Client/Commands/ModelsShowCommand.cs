using System.CommandLine;
using System.Globalization;
using Afa.Client.Options;
using Afa.Client.Output;
using Afa.Models;
using Afa.Training;

namespace Afa.Client.Commands;

/// <summary>Shows the layers, the size and the cost of one model.</summary>
internal sealed class ModelsShowCommand : ClientCommand
{
    private readonly ClientContext _context;
    private readonly Argument<string> _name = new("NAME") { Description = $"One of {ModelRegistry.Known}." };
    private readonly Option<double> _width = new("--width") { HelpName = "FACTOR", DefaultValueFactory = _ => 1, Description = "Times the usual number of channels." };
    private readonly Option<int?> _depth = new("--depth") { HelpName = "N", Description = "Layers of a wide-resnet or dm-wide-resnet." };
    private readonly Option<string> _dataset = new("--dataset") { HelpName = "NAME", DefaultValueFactory = _ => new TrainingOptions().Dataset, Description = $"Whose images and classes it is built for: one of {DatasetName.Choices}." };
    private readonly Option<bool> _json = SharedOptions.Json();

    public ModelsShowCommand(ClientContext context)
        : base(
            "show",
            "Shows a model's layers, parameters and multiply-adds, counted on a forward pass.",
            "afa models show preact-resnet-18 --dataset cifar-10",
            "afa models show resnet-18 --width 0.25",
            "afa models show wrn-34-10 --dataset cifar-100 --json")
    {
        _context = context;
        Arguments.Add(_name);
        foreach (var option in new Option[] { _width, _depth, _dataset, _json })
        {
            Options.Add(option);
        }

        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var (name, dataset) = (parsed.GetValue(_name)!, DatasetName.Resolve(parsed.GetValue(_dataset)!));
        var (width, depth) = (parsed.GetValue(_width), parsed.GetValue(_depth));
        ModelNames.Require(name, depth);
        var options = new TrainingOptions { Model = name, ModelWidth = width, ModelDepth = depth, Dataset = dataset }.ModelOptions();
        var problems = new List<string>();
        OptionsReader.Read(options, [], problems);
        UsageException.ThrowIfAny(problems);

        using var model = ModelRegistry.Create(options, seed: 0);
        var summary = ModelSummary.Of(model);
        var output = new ClientOutput(_context, parsed.GetValue(_json));
        if (!output.IsJson)
        {
            Write(output, name, options, summary);
        }

        output.WriteDocument(new { options.Name, Description = ModelRegistry.Describe(name), Options = options, summary.Layers, summary.Parameters, summary.MultiplyAdds, summary.SizeInBytes });
        return ExitCode.Success;
    }

    private static void Write(ClientOutput output, string name, ModelOptions options, ModelSummary summary)
    {
        output.WriteTable(
            ["Layer", "Kind", "Output", "Parameters", "Multiply-adds"],
            [.. summary.Layers.Select(layer => new[] { layer.Name, layer.Kind, string.Join('x', layer.OutputShape), Number(layer.Parameters), Number(layer.MultiplyAdds) })]);
        output.Text.WriteLine();
        output.WritePairs(
        [
            ("Model", $"{name}: {ModelRegistry.Describe(name)}"),
            ("Images", $"{options.Channels}x{options.Height}x{options.Width}, {options.Classes} classes"),
            ("Parameters", Number(summary.Parameters)),
            ("Cost", $"{Number(summary.MultiplyAdds)} multiply-adds for one image's forward pass, which are {2e-9 * summary.MultiplyAdds:0.###} GFLOPs; convolutions and linear layers count, normalization and activation do not"),
            ("Size", $"{summary.SizeInBytes / 1e6:0.##} MB of float32 weights and buffers"),
            ("Train it", $"afa train --model {name}"),
        ]);
    }

    private static string Number(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
