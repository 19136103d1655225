namespace Afa.Checkpoints;

/// <summary>A model from the file system: the folder of a checkpoint, or a safetensors file of any origin.</summary>
/// <param name="Tensors">Parameters and buffers by name.</param>
/// <param name="State">The checkpoint's state, or null for a bare safetensors file.</param>
public sealed record ModelFile(IReadOnlyDictionary<string, TensorRecord> Tensors, CheckpointState? State)
{
    /// <summary>Loads the model from a path.</summary>
    /// <param name="path">A folder that holds state.json, or a .safetensors file of at most 2 GiB.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="FileNotFoundException">There is no such file, or no state.json in the folder.</exception>
    /// <exception cref="CheckpointDamagedException">The checkpoint in the folder is not as it was written.</exception>
    /// <exception cref="InvalidDataException">The file is not a usable safetensors file.</exception>
    public static async Task<ModelFile> LoadAsync(string path, CancellationToken cancellationToken = default)
    {
        if (!Directory.Exists(path))
        {
            var content = await BoundedFile.ReadAsync(path, Array.MaxLength, cancellationToken)
                ?? throw new FileNotFoundException($"There is no file or folder {Path.GetFullPath(path)}.", path);
            return new(Safetensors.Read(content, path).Tensors, State: null);
        }

        var statePath = Path.Combine(path, CheckpointFormat.StateFileName);
        var stateFile = await BoundedFile.ReadAsync(statePath, CheckpointFormat.MaxStateSizeInBytes, cancellationToken)
            ?? throw new FileNotFoundException(
                $"The folder {Path.GetFullPath(path)} is no checkpoint: it has no {CheckpointFormat.StateFileName}. Name a checkpoint's folder or a .safetensors file.",
                statePath);
        var checkpoint = await CheckpointFormat.ReadAsync(
            CheckpointFormat.ReadState(stateFile, statePath),
            (file, maxSizeInBytes) => BoundedFile.ReadAsync(Path.Combine(path, file), maxSizeInBytes, cancellationToken),
            path);
        return new(checkpoint.Model, checkpoint.State);
    }
}
