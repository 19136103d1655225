using Afa.Client;
using Afa.Client.Control;

using var interrupt = new InterruptSignal(Console.Error);
var context = new ClientContext
{
    Output = Console.Out,
    Error = Console.Error,
    Connect = EmbeddedSession.StartAsync,
    Interrupt = interrupt.Token,
};
return await AfaCommandLine.RunAsync(args, context);
