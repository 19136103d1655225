using Afa.Client;
using Afa.Client.Control;

using var interrupt = new InterruptSignal(Console.Error);
var context = new ClientContext
{
    Output = Console.Out,
    Error = Console.Error,
    Connect = (request, cancellationToken) => request.Cluster is null ? EmbeddedSession.StartAsync(request, cancellationToken) : ClusterSession.ConnectAsync(request, cancellationToken),
    Interrupt = interrupt.Token,
};
return await AfaCommandLine.RunAsync(args, context);
