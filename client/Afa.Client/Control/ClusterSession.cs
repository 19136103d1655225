using Afa.Grains;
using Afa.Silo;
using Afa.Training;

namespace Afa.Client.Control;

/// <summary>A running cluster, which goes on when this process ends.</summary>
internal sealed class ClusterSession(ClusterClient client, string store) : IControlSession
{
    public IAfaControl Control => client.Control;

    public string Store => store;

    public static async Task<IControlSession> ConnectAsync(SessionRequest request, CancellationToken cancellationToken) =>
        new ClusterSession(await ClusterClient.ConnectAsync(request.Cluster!, cancellationToken), request.Store);

    /// <summary>What data the silos have is theirs to say: a run that lacks its own fails with what is missing.</summary>
    public void RequireData(TrainingOptions options, int? images)
    {
    }

    public ValueTask DisposeAsync() => client.DisposeAsync();
}
