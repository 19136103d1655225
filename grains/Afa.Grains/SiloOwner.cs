using Afa.Checkpoints;
using Afa.Federation;

namespace Afa.Grains;

/// <summary>Whose silo this is, in a federation of owners who keep their data to themselves.</summary>
/// <param name="Name">That participant's name; null: nobody's, and any participant of an experiment may work here.</param>
/// <param name="DataDirectory">Where the owner's files lie; null: where the federation's options say.</param>
/// <param name="PrivateStore">Where a participant keeps what does not leave it, such as its own layers; null: in the cluster's store, beside the checkpoints.</param>
public sealed record SiloOwner(string? Name = null, string? DataDirectory = null, IBlobStore? PrivateStore = null)
{
    /// <summary>Why a participant cannot work on this silo; null if it can. One of an experiment would find the owner's images here.</summary>
    internal string? Problem(FederationOptions options, int participant) =>
        options.Owners.Count == 0 && Name is not null
            ? $"This silo is that of '{Name}', and an experiment does not use it. Start a silo without --participant for experiments."
        : options.Owners.Count > 0 && options.Owners[participant] != Name
            ? $"Participant '{options.Owners[participant]}' works only on its own silo, started by: afa silo --participant {options.Owners[participant]}. This silo is {(Name is null ? "nobody's" : $"that of '{Name}'")}."
            : null;

    /// <summary>What others are told of a failure here. The operator of an experiment owns everything, and reads all of it; of an owner's silo no message goes out that is not ours.</summary>
    internal string Told(Exception exception) =>
        Name is not null ? FailureReason.Of(exception)
        : exception is AggregateException all ? all.GetBaseException().Message
        : exception.Message;

    /// <summary>Whether files lie where the owner's do.</summary>
    internal bool Owns(string? path) => path is not null && DataDirectory is { } own
        && $"{Path.GetFullPath(path)}{Path.DirectorySeparatorChar}".StartsWith($"{Path.TrimEndingDirectorySeparator(Path.GetFullPath(own))}{Path.DirectorySeparatorChar}", StringComparison.Ordinal);
}
