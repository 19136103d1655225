using System.Collections.Frozen;
using static TorchSharp.torch;

namespace Afa.Checkpoints.PyTorch;

/// <summary>A Python class or function that a pickle may name. None is ever looked up or run: each stands for a few lines here.</summary>
/// <param name="Name">With its module.</param>
/// <param name="Call">What a call with these arguments gives.</param>
internal sealed record PickleGlobal(string Name, Func<object?[], object?> Call)
{
    /// <summary>Names of the storage classes of module torch. The class says the type of the elements.</summary>
    public static readonly FrozenDictionary<ScalarType, string> StorageNames = new Dictionary<ScalarType, string>
    {
        [ScalarType.Float64] = "DoubleStorage",
        [ScalarType.Float32] = "FloatStorage",
        [ScalarType.Float16] = "HalfStorage",
        [ScalarType.BFloat16] = "BFloat16Storage",
        [ScalarType.Int64] = "LongStorage",
        [ScalarType.Int32] = "IntStorage",
        [ScalarType.Int16] = "ShortStorage",
        [ScalarType.Int8] = "CharStorage",
        [ScalarType.Byte] = "ByteStorage",
        [ScalarType.Bool] = "BoolStorage",
    }.ToFrozenDictionary();

    /// <summary>What training scripts put beside the weights; dropped, whatever it is made of.</summary>
    private static readonly string[] _inert =
    [
        "argparse.Namespace", "collections.defaultdict", "torch.device",
        "numpy.dtype", "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "_codecs.encode",
        .. from module in new[] { "__builtin__", "builtins" } from type in new[] { "set", "frozenset", "list", "dict", "int", "long", "float" } select $"{module}.{type}",
    ];

    private static readonly FrozenDictionary<string, object> _known = Known().ToFrozenDictionary();

    /// <summary>Returns what a name stands for: a <see cref="PickleGlobal"/>, or the <see cref="ScalarType"/> of a storage class.</summary>
    /// <exception cref="FormatException">The name is none of those that a state dict needs.</exception>
    public static object Resolve(string module, string name)
    {
        var fullName = $"{module}.{name}";
        return _known.TryGetValue(fullName, out var global)
            ? global
            : throw new FormatException(
                $"its pickle asks for '{PrintableText.Of(fullName, maxLength: 200)}', which a state dict does not need; nothing was run. Only " +
                "tensors are read from such a file, not whole modules or other objects. Where the file can be trusted, load it in Python and save its " +
                "weights alone: torch.save(model.state_dict(), path).");
    }

    private static Dictionary<string, object> Known()
    {
        var known = new Dictionary<string, object>();
        foreach (var (elementType, name) in StorageNames)
        {
            known.Add($"torch.{name}", elementType);
        }

        foreach (var name in _inert)
        {
            Add(name, _ => PickleInert.Value);
        }

        Add("collections.OrderedDict", arguments => arguments is [] ? new PickleDictionary() : throw Wrong("collections.OrderedDict"));
        Add("torch.Size", arguments => arguments is [object?[] lengths] ? lengths : throw Wrong("torch.Size"));
        Add("torch._utils._rebuild_parameter", arguments => arguments is [TensorReference tensor, _, _] ? tensor : throw Wrong("torch._utils._rebuild_parameter"));
        Add("torch._utils._rebuild_tensor_v2", arguments => arguments is [StorageReference storage, long offset, object?[] shape, object?[] strides, _, _, ..]
            ? new TensorReference(storage, offset, shape, strides)
            : throw Wrong("torch._utils._rebuild_tensor_v2"));
        return known;

        void Add(string name, Func<object?[], object?> call) => known.Add(name, new PickleGlobal(name, call));
    }

    private static FormatException Wrong(string name) => new($"its pickle calls '{name}' with other arguments than torch.save gives it.");
}
