using static TorchSharp.torch;

namespace Afa.Checkpoints.PyTorch;

/// <summary>Names an entry of the archive that holds the elements of one or more tensors.</summary>
/// <param name="ElementType">Type of an element.</param>
/// <param name="Key">The entry's name in the folder data.</param>
/// <param name="Count">Number of elements.</param>
internal sealed record StorageReference(ScalarType ElementType, string Key, long Count)
{
    public int ElementSizeInBytes => Safetensors.ElementSizes[ElementType];

    /// <summary>Reads a persistent id of torch.save: ("storage", class, key, device, count).</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static StorageReference Of(object? persistentId) =>
        persistentId is object?[] and ["storage", ScalarType elementType, string key, string, long and >= 0 and var count]
            ? new(elementType, key, count)
            : throw new FormatException("its pickle refers to something outside of it that is no storage of a known type.");
}
