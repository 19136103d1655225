using Afa.Checkpoints;
using static TorchSharp.torch;

namespace Afa.Tests.Golden;

/// <summary>Numbers made by reference implementations; README.md in the same folder says how.</summary>
internal sealed class GoldenFile
{
    private readonly IReadOnlyDictionary<string, TensorRecord> _tensors;

    private GoldenFile(string name)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Golden", name);
        _tensors = Safetensors.Read(File.ReadAllBytes(path), name).Tensors;
    }

    public static GoldenFile Losses { get; } = new("losses.safetensors");

    public static GoldenFile SmallCnn { get; } = new("smallcnn-fmnist.safetensors");

    public static GoldenFile Pgd20 { get; } = new("pgd20-smallcnn.safetensors");

    public static GoldenFile TradesStep { get; } = new("trades-step.safetensors");

    public static GoldenFile ApgdTrace { get; } = new("apgd-trace.safetensors");

    public static GoldenFile AutoAttackFlags { get; } = new("autoattack-flags.safetensors");

    public static GoldenFile SquareTrace { get; } = new("square-trace.safetensors");

    public static GoldenFile FabTrace { get; } = new("fab-trace.safetensors");

    public static GoldenFile Federation { get; } = new("federation.safetensors");

    public IEnumerable<string> Names => _tensors.Keys;

    /// <summary>A copy of one tensor. The caller owns it.</summary>
    public Tensor Get(string name) => _tensors[name].ToTensor();

    /// <summary>A copy of one tensor in another type. The caller owns it.</summary>
    public Tensor Get(string name, ScalarType type)
    {
        using var stored = Get(name);
        return stored.to(type, copy: true);
    }

    /// <summary>A copy of a matrix, row by row; of a vector: one row.</summary>
    public double[][] Rows(string name)
    {
        using var values = Get(name, ScalarType.Float64);
        return [.. values.data<double>().ToArray().Chunk((int)values.shape[^1])];
    }

    public double Number(string name)
    {
        using var value = Get(name, ScalarType.Float64);
        return value.item<double>();
    }
}
