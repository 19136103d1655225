using Afa.Client;
using Afa.Client.Control;

using var interrupt = new InterruptSignal(Console.Error);
var context = new ClientContext
{
    Output = Console.Out,
    Error = Console.Error,
    Connect = (request, cancellationToken) => request switch
    {
        { Server: { } server } => ServerSession.ConnectAsync(server, cancellationToken),
        { Cluster: not null } => ClusterSession.ConnectAsync(request, cancellationToken),
        _ => EmbeddedSession.StartAsync(request, cancellationToken),
    },
    Interrupt = interrupt.Token,
};
return await AfaCommandLine.RunAsync(args, context);
