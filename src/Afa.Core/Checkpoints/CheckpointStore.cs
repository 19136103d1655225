using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Afa.Checkpoints;

/// <summary>
/// Checkpoints in a blob store. A checkpoint named <c>runs/first/checkpoints/step-00000120</c> is the blobs
/// <c>…/model-HASH.safetensors</c>, <c>…/optimizer-HASH.safetensors</c> and <c>…/state.json</c>, which lists the others and is
/// written last and deleted first: without it, the rest is not a checkpoint.
/// </summary>
/// <remarks>
/// Any number of readers; one writer at a time for each name. Should two writers save the same name at once, one of them wins or
/// the checkpoint is refused as damaged; a mixture is never loaded.
/// </remarks>
public sealed class CheckpointStore(IBlobStore blobs)
{
    private const string StateSuffix = "/" + CheckpointFormat.StateFileName;

    /// <summary>Stores a checkpoint, over an older one of the same name if there is one.</summary>
    /// <remarks>If this fails or the process dies, the older one still loads, or there is none.</remarks>
    /// <exception cref="ArgumentException">The name is not allowed or the checkpoint is too large.</exception>
    /// <exception cref="IOException">The store failed, or gave back other bytes than were written.</exception>
    public async Task SaveAsync(string name, Checkpoint checkpoint, CancellationToken cancellationToken = default)
    {
        BlobName.Validate(name);
        var (state, files) = CheckpointFormat.Write(checkpoint);
        var stateFile = CheckpointFormat.WriteState(state);

        foreach (var (file, content) in files)
        {
            await blobs.WriteAsync(FullName(name, file.Name), content, cancellationToken);
            await RequireStoredAsync(FullName(name, file.Name), file.Sha256, cancellationToken);
        }

        await blobs.WriteAsync(name + StateSuffix, stateFile, cancellationToken);
        await DeleteFilesAsync(name, state.Files, cancellationToken);
    }

    /// <summary>Loads a checkpoint after checking size and hash of every file.</summary>
    /// <exception cref="FileNotFoundException">There is no checkpoint of this name.</exception>
    /// <exception cref="CheckpointDamagedException">A file is missing, is not as it was written, or is of another version.</exception>
    public async Task<Checkpoint> LoadAsync(string name, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var stateFile = await ReadStateFileAsync(name, cancellationToken);
            var state = CheckpointFormat.ReadState(stateFile, name + StateSuffix);
            try
            {
                return await CheckpointFormat.ReadAsync(
                    state, (file, maxSizeInBytes) => blobs.ReadAsync(FullName(name, file), maxSizeInBytes, cancellationToken), name);
            }
            catch (CheckpointDamagedException)
            {
                // A writer may have replaced the checkpoint between the two reads; then the new one is as good.
                var stateFileNow = await ReadStateFileAsync(name, cancellationToken);
                if (stateFileNow.AsSpan().SequenceEqual(stateFile))
                {
                    throw;
                }
            }
        }
    }

    /// <summary>Loads the state alone, which is verified; the tensor files are not looked at.</summary>
    /// <exception cref="FileNotFoundException">There is no checkpoint of this name.</exception>
    /// <exception cref="CheckpointDamagedException">state.json is not as it was written, or is of another version.</exception>
    public async Task<CheckpointState> LoadStateAsync(string name, CancellationToken cancellationToken = default) =>
        CheckpointFormat.ReadState(await ReadStateFileAsync(name, cancellationToken), name + StateSuffix);

    /// <summary>Whether the stored checkpoint of this name is the given one in all but the time when it was made. Tensor files count as what the state notes of them.</summary>
    /// <exception cref="FileNotFoundException">There is no checkpoint of this name.</exception>
    /// <exception cref="CheckpointDamagedException">state.json is not as it was written, or is of another version.</exception>
    public async Task<bool> HasSameAsync(string name, Checkpoint checkpoint, CancellationToken cancellationToken = default)
    {
        var stored = await LoadStateAsync(name, cancellationToken);
        var (state, _) = CheckpointFormat.Write(checkpoint);
        return CheckpointFormat.WriteState(stored).AsSpan().SequenceEqual(CheckpointFormat.WriteState(state with { CreatedAt = stored.CreatedAt }));
    }

    /// <summary>Lists the names of the checkpoints that start with the prefix, damaged ones too, in ordinal order.</summary>
    /// <param name="prefix">The start of a name; "runs/first/" finds the checkpoints of that run only.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    public async IAsyncEnumerable<string> ListAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var blob in blobs.ListAsync(prefix, cancellationToken))
        {
            if (blob.Name.EndsWith(StateSuffix, StringComparison.Ordinal) && blob.Name.Length - StateSuffix.Length >= prefix.Length)
            {
                yield return blob.Name[..^StateSuffix.Length];
            }
        }
    }

    /// <summary>Loads the checkpoint with the highest step that verifies; of equal steps, the one created last.</summary>
    /// <param name="prefix">As for <see cref="ListAsync"/>.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="IOException">The store failed. A damaged checkpoint is passed over, a store that fails is not.</exception>
    public async Task<LatestCheckpoint> LoadLatestGoodAsync(string prefix, CancellationToken cancellationToken = default)
    {
        var damaged = new List<DamagedCheckpoint>();
        var candidates = new List<(string Name, CheckpointState State)>();
        await foreach (var name in ListAsync(prefix, cancellationToken))
        {
            if (await UnlessDamagedAsync(name, LoadStateAsync, damaged, cancellationToken) is { } state)
            {
                candidates.Add((name, state));
            }
        }

        foreach (var (name, _) in candidates.OrderByDescending(candidate => candidate.State.Step).ThenByDescending(candidate => candidate.State.CreatedAt))
        {
            if (await UnlessDamagedAsync(name, LoadAsync, damaged, cancellationToken) is { } checkpoint)
            {
                return new(name, checkpoint, damaged);
            }
        }

        return new(null, null, damaged);
    }

    /// <summary>Deletes a checkpoint, damaged or not. Deleting one that is not there has no effect.</summary>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken = default)
    {
        BlobName.Validate(name);
        await blobs.DeleteAsync(name + StateSuffix, cancellationToken);
        await DeleteFilesAsync(name, except: [], cancellationToken);
    }

    private static string FullName(string name, string fileName) => $"{name}/{fileName}";

    /// <summary>Calls <paramref name="loadAsync"/>; null if the checkpoint is damaged, which is noted, or was deleted meanwhile.</summary>
    private static async Task<T?> UnlessDamagedAsync<T>(
        string name, Func<string, CancellationToken, Task<T>> loadAsync, List<DamagedCheckpoint> damaged, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await loadAsync(name, cancellationToken);
        }
        catch (CheckpointDamagedException error)
        {
            damaged.Add(new(name, error.Message));
            return null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private async Task<byte[]> ReadStateFileAsync(string name, CancellationToken cancellationToken)
    {
        BlobName.Validate(name);
        try
        {
            return await blobs.ReadAsync(name + StateSuffix, CheckpointFormat.MaxStateSizeInBytes, cancellationToken)
                ?? throw new FileNotFoundException(
                    $"There is no checkpoint '{name}': the store has no {name + StateSuffix}. List the checkpoints to see those that exist.",
                    name + StateSuffix);
        }
        catch (InvalidDataException error)
        {
            throw new CheckpointDamagedException(name + StateSuffix, error.Message, error);
        }
    }

    private async Task RequireStoredAsync(string blob, string sha256, CancellationToken cancellationToken)
    {
        await using var stored = await blobs.OpenReadAsync(blob, cancellationToken);
        var hash = stored is null ? "none" : Convert.ToHexStringLower(await SHA256.HashDataAsync(stored, cancellationToken));
        if (hash != sha256)
        {
            throw new IOException(
                $"The store gave back other bytes for {blob} than were written: SHA-256 {hash}, not {sha256}. The checkpoint was not published; check the disk and save again.");
        }
    }

    /// <summary>Deletes the tensor files in the checkpoint's folder but those that its state lists.</summary>
    private async Task DeleteFilesAsync(string name, IReadOnlyList<CheckpointFile> except, CancellationToken cancellationToken)
    {
        var kept = except.Select(file => FullName(name, file.Name)).ToHashSet();
        await foreach (var blob in blobs.ListAsync(name + "/", cancellationToken))
        {
            var isTensorFile = blob.Name.EndsWith(".safetensors", StringComparison.Ordinal) && !blob.Name.AsSpan(name.Length + 1).Contains('/');
            if (isTensorFile && !kept.Contains(blob.Name))
            {
                await blobs.DeleteAsync(blob.Name, cancellationToken);
            }
        }
    }
}
