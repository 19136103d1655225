using Afa.Compute;
using Afa.Data;
using static TorchSharp.torch;

namespace Afa.Training;

/// <summary>One step of one replica: its rows of the global batch. Its tensors live as long as the scope it was made in.</summary>
/// <param name="batch">Own rows.</param>
/// <param name="noiseSeed">What the step's draws depend on, together with the sample's id.</param>
/// <param name="device">Where tensors live.</param>
internal sealed class TrainingStep(ImageBatch batch, ulong noiseSeed, Device device)
{
    private readonly Dictionary<string, object> _attacks = [];

    /// <summary>[batch, channel, height, width], pixels in [0, 1].</summary>
    public Tensor Images { get; } = batch.ToTensor(device);

    /// <summary>[batch], int64.</summary>
    public Tensor Labels { get; } = batch.LabelsTensor(device);

    /// <summary>Position of each image in its whole split.</summary>
    public int[] SampleIds { get; } = batch.SampleIds;

    public ulong NoiseSeed { get; } = noiseSeed;

    public StepClock Clock { get; } = new();

    /// <summary>The images of the step's last update with the gradient they got there: where <see cref="Methods.FreeAt"/> goes on from.</summary>
    public Tensor? Replayed { get; set; }

    /// <summary>Number of own images.</summary>
    public int Count { get; } = batch.Count;

    /// <summary>
    /// Returns what an attack found, and attacks only when first asked: for <see cref="WeightPerturbation"/> the loss is computed a second
    /// time at other weights, on the same images.
    /// </summary>
    /// <param name="name">Of the attack, where a step makes several.</param>
    public T AttackOnce<T>(string name, Func<T> attack)
        where T : notnull
    {
        if (!_attacks.TryGetValue(name, out var found))
        {
            _attacks[name] = found = attack();
        }

        return (T)found;
    }

    /// <summary>What the draws of one epoch's attacks depend on.</summary>
    public static ulong EpochNoise(ulong seed, int epoch) => Seed.Derive(seed, (ulong)SeedUse.TrainingAttack, (ulong)epoch);
}
