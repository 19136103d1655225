using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>A network that maps images to logits by way of penultimate features: forward(x) = Logits(Features(x)).</summary>
public abstract class ImageClassifier(string name, ModelOptions options) : Module<Tensor, Tensor>(name)
{
    /// <summary>What the network was built from.</summary>
    public ModelOptions Options { get; } = options;

    /// <summary>Length of a feature vector.</summary>
    public abstract int FeatureDimension { get; }

    /// <summary>Name of the linear layer that <see cref="Head"/> is.</summary>
    public abstract string HeadName { get; }

    /// <summary>Names of the head's parameters.</summary>
    public IReadOnlySet<string> HeadParameterNames =>
        named_parameters().Select(entry => entry.name).Where(parameter => parameter.StartsWith(HeadName + ".", StringComparison.Ordinal)).ToHashSet();

    /// <summary>Names of the parameters that belong to normalization layers, which weight decay leaves alone.</summary>
    public IReadOnlySet<string> NormalizationParameterNames =>
        named_modules()
            .Where(entry => entry.module is TorchSharp.Modules.BatchNorm2d or TorchSharp.Modules.GroupNorm)
            .SelectMany(entry => entry.module.named_parameters(recurse: false).Select(parameter => $"{entry.name}.{parameter.name}"))
            .ToHashSet();

    /// <summary>
    /// Sets the head to zero. Descent from there starts along the differences of the class means, which aligned features
    /// separate robustly; from random weights it starts along directions that mean nothing, and keeps part of them.
    /// </summary>
    public void ZeroHead()
    {
        using var noGradients = no_grad();
        var head = HeadParameterNames;
        foreach (var (_, parameter) in named_parameters().Where(entry => head.Contains(entry.name)))
        {
            parameter.zero_();
        }
    }

    /// <summary>Sets every parameter and buffer.</summary>
    /// <param name="weights">By state dictionary name; not taken over, but copied.</param>
    /// <exception cref="ArgumentException">Names are missing or not known, or a shape differs; the message names them.</exception>
    public void LoadWeights(IReadOnlyDictionary<string, Tensor> weights)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var own = state_dict();
        var problems = own.Keys.Except(weights.Keys).Select(key => $"'{key}' is missing")
            .Concat(weights.Keys.Except(own.Keys).Select(key => $"'{key}' is not part of the model"))
            .Concat(own.Where(entry => weights.TryGetValue(entry.Key, out var other) && !other.shape.AsSpan().SequenceEqual(entry.Value.shape))
                .Select(entry => $"'{entry.Key}' has shape [{string.Join(", ", weights[entry.Key].shape)}], not [{string.Join(", ", entry.Value.shape)}]"))
            .ToList();
        if (problems.Count > 0)
        {
            var more = problems.Count > 5 ? $"; and {problems.Count - 5} more" : "";
            throw new ArgumentException($"The weights do not fit {Options.Name}: {string.Join("; ", problems.Take(5))}{more}.", nameof(weights));
        }

        foreach (var (key, value) in own)
        {
            value.copy_(weights[key]);
        }
    }

    /// <summary>Computes the penultimate features.</summary>
    /// <param name="images">[batch, channel, height, width], float, pixels in [0, 1]; normalization happens inside.</param>
    /// <returns>[batch, <see cref="FeatureDimension"/>]. The caller owns it.</returns>
    public abstract Tensor Features(Tensor images);

    /// <summary>Computes logits from penultimate features.</summary>
    /// <param name="features">[batch, <see cref="FeatureDimension"/>], not normalized.</param>
    /// <returns>[batch, class]. The caller owns it.</returns>
    public Tensor Logits(Tensor features)
    {
        if (Options.HeadFeatures == HeadFeatures.Raw)
        {
            return Head(features);
        }

        using var unit = functional.normalize(features);
        return Head(unit);
    }

    /// <summary>Applies the last linear layer.</summary>
    /// <param name="features">[batch, <see cref="FeatureDimension"/>], as <see cref="ModelOptions.HeadFeatures"/> says.</param>
    /// <returns>[batch, class]. The caller owns it.</returns>
    protected abstract Tensor Head(Tensor features);

    /// <summary>Makes a quick way to logits of images that change in small windows only, for weights that stay as they are.</summary>
    /// <param name="slots">How many images it knows at a time.</param>
    /// <returns>Null if the network has none. The caller owns it.</returns>
    internal virtual LocalForward? CreateLocalForward(int slots) => null;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var features = Features(input);
        return Logits(features);
    }
}
