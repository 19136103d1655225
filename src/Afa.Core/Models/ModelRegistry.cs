using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.RegularExpressions;
using Afa.Compute;
using static TorchSharp.torch;

namespace Afa.Models;

/// <summary>The networks that can be asked for by name.</summary>
public static partial class ModelRegistry
{
    private static readonly Dictionary<string, Entry> s_models = new()
    {
        ["small-cnn"] = new(options => new SmallCnn(options), "four 3x3 convolutions and two linear layers; 468 k parameters at 1x28x28") { HasNormalization = false },
        ["resnet-18"] = new(options => new ResNet(options, 18), "ResNet-18 with a 3x3 stem; 11.2 M parameters"),
        ["resnet-34"] = new(options => new ResNet(options, 34), "ResNet-34 with a 3x3 stem; 21.3 M parameters"),
        ["resnet-50"] = new(options => new ResNet(options, 50), "ResNet-50 with a 3x3 stem and bottleneck blocks; 23.5 M parameters"),
        ["preact-resnet-18"] = new(options => PreActResNet.Create(options, 18), "ResNet-18 with normalization and ReLU before each convolution; 11.2 M parameters"),
        ["preact-resnet-34"] = new(options => PreActResNet.Create(options, 34), "ResNet-34 with normalization and ReLU before each convolution; 21.3 M parameters"),
        ["preact-resnet-18-v2"] = new(options => PreActResNet.CreateV2(options, 18), "preact-resnet-18 whose shortcuts start after the first ReLU"),
        ["preact-resnet-18-final-norm"] = new(options => PreActResNet.CreateWithFinalNorm(options, 18), "preact-resnet-18-v2 with normalization and ReLU before the pooling, as Rice et al. 2020"),
        ["wide-resnet"] = new(options => WideResNet.Create(options), "WideResNet; wrn-28-10 is short for depth 28 and width factor 10, 36.5 M parameters") { HasDepth = true },
        ["dm-wide-resnet"] = new(options => WideResNet.CreateDeepMind(options), "DeepMind's WideResNet; dm-wrn-28-10 for short, mostly with silu") { HasDepth = true, HasActivation = true, SizeMultiple = 4 },
        ["dm-preact-resnet-18"] = new(options => PreActResNet.CreateDeepMind(options, 18), "DeepMind's pre-activation ResNet-18, mostly with silu; 12.5 M parameters") { HasActivation = true },
    };

    /// <summary>All known names, without the short forms wrn-DEPTH-WIDTH and dm-wrn-DEPTH-WIDTH.</summary>
    public static IReadOnlyCollection<string> Names => s_models.Keys;

    /// <summary>All known names and forms, for help texts.</summary>
    public static string Known => $"{string.Join(", ", Names)}, wrn-DEPTH-WIDTH, dm-wrn-DEPTH-WIDTH";

    /// <summary>Whether a name is known, also in a short form.</summary>
    public static bool IsKnown(string name) => s_models.ContainsKey(Parse(name).Name);

    /// <summary>Says in one line what a network is.</summary>
    /// <exception cref="ArgumentException">The name is not known.</exception>
    public static string Describe(string name) => Find(Parse(name).Name).Description;

    /// <summary>Reads a name with its numbers: what wrn-28-10 means, and the width and depth that are given beside it.</summary>
    /// <param name="name">A known name or short form.</param>
    /// <param name="width">Times the channels of the network that the name stands for.</param>
    /// <param name="depth">Null: that of the name, or the usual one.</param>
    /// <exception cref="ArgumentException">The name is not known, or it has no such depth.</exception>
    public static ModelOptions Named(string name, double width = 1, int? depth = null)
    {
        var (canonical, ownDepth, ownWidth) = Parse(name);
        Find(canonical);
        if (DepthProblem(name, depth) is { } problem)
        {
            throw new ArgumentException(problem, nameof(depth));
        }

        var options = new ModelOptions { Name = canonical, WidthFactor = ownWidth * width };
        return (depth ?? ownDepth) is { } layers ? options with { Depth = layers } : options;
    }

    /// <summary>Says why a depth does not go with a name; null if it does, or if the name is not known.</summary>
    public static string? DepthProblem(string name, int? depth)
    {
        var (canonical, ownDepth, _) = Parse(name);
        return depth is null || depth == ownDepth || !s_models.ContainsKey(canonical) ? null
            : !HasDepth(canonical) ? $"{name} has one depth; leave out the {depth}, which is for wide-resnet and dm-wide-resnet."
            : ownDepth is not null ? $"{name} says its depth already; leave out the {depth}."
            : null;
    }

    /// <summary>Builds a network with random weights that depend on the options and the seed alone.</summary>
    /// <returns>The network in training mode, on the CPU. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The name is not known.</exception>
    /// <exception cref="ValidationException">An option is out of range.</exception>
    public static ImageClassifier Create(ModelOptions options, ulong seed, WeightInitialization initialization = WeightInitialization.He)
    {
        var entry = Find(options.Name);
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);

        var model = entry.Create(options);
        using var generator = new Generator(Seed.Derive(seed, (ulong)SeedUse.ModelInitialization), CPU);
        ModelInitialization.Draw(model, initialization, generator);
        return model;
    }

    /// <summary>Whether the network has normalization layers.</summary>
    internal static bool HasNormalization(string name) => s_models.TryGetValue(name, out var entry) && entry.HasNormalization;

    /// <summary>Whether the network reads <see cref="ModelOptions.Depth"/>.</summary>
    internal static bool HasDepth(string name) => s_models.TryGetValue(name, out var entry) && entry.HasDepth;

    /// <summary>Whether the network reads <see cref="ModelOptions.Activation"/>.</summary>
    internal static bool HasActivation(string name) => s_models.TryGetValue(name, out var entry) && entry.HasActivation;

    /// <summary>What the height and the width of an image must be multiples of.</summary>
    internal static int SizeMultiple(string name) => s_models.TryGetValue(name, out var entry) ? entry.SizeMultiple : 1;

    private static Entry Find(string name) =>
        s_models.TryGetValue(name, out var entry) ? entry : throw new ArgumentException($"Unknown model '{name}'. Known models: {Known}.", nameof(name));

    private static (string Name, int? Depth, double Width) Parse(string name)
    {
        var match = ShortForm().Match(name);
        return match.Success && int.TryParse(match.Groups["depth"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var depth)
            ? ($"{match.Groups["family"].Value}wide-resnet", depth, double.Parse(match.Groups["width"].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture))
            : (name, null, 1);
    }

    [GeneratedRegex("^(?<family>(dm-)?)wrn-(?<depth>[0-9]{1,4})-(?<width>[0-9]{1,4}([.][0-9]{1,4})?)$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex ShortForm();

    private sealed record Entry(Func<ModelOptions, ImageClassifier> Create, string Description)
    {
        public bool HasNormalization { get; init; } = true;

        public bool HasDepth { get; init; }

        public bool HasActivation { get; init; }

        public int SizeMultiple { get; init; } = 1;
    }
}
