using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Models;

/// <summary>A network that maps images to logits by way of penultimate features: forward(x) = Logits(Features(x)).</summary>
public abstract class ImageClassifier : Module<Tensor, Tensor>
{
    private readonly PixelNormalization? _normalization;

    protected ImageClassifier(string name, ModelOptions options) : base(name)
    {
        Options = options;
        Layers = new Layers(options);
        if (PixelNormalization.Create(options) is { } normalization)
        {
            _normalization = ModulePath.Register(this, nameof(PixelNormalization), normalization);
        }
    }

    /// <summary>What the network was built from.</summary>
    public ModelOptions Options { get; }

    /// <summary>Format in which convolutions and linear layers compute: a matter of the process at hand, not of the stored weights.</summary>
    public ComputePrecision Compute
    {
        get => Mode.ComputeType is null ? ComputePrecision.Float32 : ComputePrecision.Bfloat16;
        set => Mode.ComputeType = value == ComputePrecision.Bfloat16 ? ScalarType.BFloat16 : null;
    }

    /// <summary>Joins the statistics of batch norm in training mode over replicas; null, as at first: each replica has its own.</summary>
    public ReplicaStatistics? Replicas
    {
        get => Mode.Replicas;
        set => Mode.Replicas = value;
    }

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
            .Where(entry => entry.module is BatchNormalization or GroupNormalization)
            .SelectMany(entry => entry.module.named_parameters(recurse: false).Select(parameter => $"{entry.name}.{parameter.name}"))
            .ToHashSet();

    /// <summary>Whether batch norm takes part, whose statistics depend on the batch.</summary>
    public bool HasBatchNormalization => modules().Any(module => module is BatchNormalization);

    /// <summary>Makes the layers; they share its <see cref="Mode"/>.</summary>
    internal Layers Layers { get; }

    /// <summary>How the layers compute at present.</summary>
    internal ForwardMode Mode => Layers.Mode;

    /// <summary>Whether a state dictionary's entry belongs to the auxiliary batch norms, which training alone uses and no published network has.</summary>
    public static bool IsAuxiliary(string name) => name.Split('.').Contains(BatchNormalization.AuxiliaryName);

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

    /// <summary>What the first convolution reads: normalized pixels in channels-last order, in the type that the network computes in. The caller owns it.</summary>
    private protected Tensor Prepare(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = ChannelsLast.Of(images);
        x = _normalization?.call(x) ?? x;
        x = Mode.ComputeType is { } type ? x.to(type) : x;
        return x.MoveToOuterDisposeScope();
    }

    /// <summary>The mean over the pixels of feature maps, in the images' type: [batch, channel]. The caller owns it.</summary>
    private protected static Tensor Pool(Tensor maps, Tensor images) => maps.mean([2, 3], type: images.dtype);

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var features = Features(input);
        return Logits(features);
    }
}
