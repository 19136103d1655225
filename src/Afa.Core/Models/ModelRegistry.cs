using System.ComponentModel.DataAnnotations;
using Afa.Compute;
using static TorchSharp.torch;

namespace Afa.Models;

/// <summary>The networks that can be asked for by name.</summary>
public static class ModelRegistry
{
    private static readonly Dictionary<string, (Func<ModelOptions, ImageClassifier> Create, string Description)> s_models = new()
    {
        ["small-cnn"] = (options => new SmallCnn(options), "four 3x3 convolutions and two linear layers; 468 k parameters at 1x28x28"),
        ["resnet-18"] = (options => new ResNet18(options), "ResNet-18 with a 3x3 stem; 11.2 M parameters"),
        ["preact-resnet-18"] = (options => new PreActResNet18(options), "ResNet-18 with normalization and ReLU before each convolution; 11.2 M parameters"),
        ["wide-resnet"] = (options => new WideResNet(options), "WideResNet; with depth 28 and width factor 10, 36.5 M parameters"),
    };

    /// <summary>All known names.</summary>
    public static IReadOnlyCollection<string> Names => s_models.Keys;

    /// <summary>Says in one line what a network is.</summary>
    /// <exception cref="ArgumentException">The name is not known.</exception>
    public static string Describe(string name) => Find(name).Description;

    /// <summary>Builds a network with random weights that depend on the options and the seed alone.</summary>
    /// <returns>The network in training mode, on the CPU. The caller owns it.</returns>
    /// <exception cref="ArgumentException">The name is not known.</exception>
    /// <exception cref="ValidationException">An option is out of range.</exception>
    public static ImageClassifier Create(ModelOptions options, ulong seed)
    {
        var (create, _) = Find(options.Name);
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);

        var model = create(options);
        using var generator = new Generator(Seed.Derive(seed, (ulong)SeedUse.ModelInitialization), CPU);
        ModelInitialization.Draw(model, generator);
        return model;
    }

    private static (Func<ModelOptions, ImageClassifier> Create, string Description) Find(string name) =>
        s_models.TryGetValue(name, out var model)
            ? model
            : throw new ArgumentException($"Unknown model '{name}'. Known models: {string.Join(", ", s_models.Keys)}.", nameof(name));
}
