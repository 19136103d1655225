using Afa.Data;
using Afa.Grains;
using Afa.Training;

namespace Afa.Client.Control;

/// <summary>An open connection to a cluster. Disposing it leaves the store as a later session needs it.</summary>
internal interface IControlSession : IAsyncDisposable
{
    IAfaControl Control { get; }

    /// <summary>Full path or address of the store, or the name of the cluster or server.</summary>
    string Store { get; }

    /// <summary>Refuses data that the cluster is known not to have, before a run is started with it.</summary>
    /// <param name="images">How many test images the trained model will be attacked on; null: it will not be.</param>
    /// <exception cref="UsageException">A folder has fewer test images.</exception>
    /// <exception cref="DatasetNotFoundException">Its files are not there; the message says how to obtain them.</exception>
    /// <exception cref="InvalidDataException">Generated images do not fit the data set or cannot be read.</exception>
    void RequireData(TrainingOptions options, int? images);
}
