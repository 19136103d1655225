using System.Collections.Concurrent;
using Afa.Grains;

namespace Afa.Tests.Grains;

/// <summary>Delivers each message to the grains of a federation twice.</summary>
/// <param name="isFirstAnswered">Whether the caller gets the answer to the first, after which the other comes without anybody waiting for it; else that to the second.</param>
internal sealed class TwiceDelivered(bool isFirstAnswered) : IIncomingGrainCallFilter
{
    private readonly ConcurrentDictionary<string, int> _counts = new();

    /// <summary>How often each method was called twice.</summary>
    public IReadOnlyDictionary<string, int> Counts => _counts;

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        await context.Invoke();
        if (context.Grain is not (IFederationGrain or IParticipantGrain or IAggregatorGrain) || context.InterfaceMethod.DeclaringType?.Assembly != typeof(IParticipantGrain).Assembly)
        {
            return;
        }

        _counts.AddOrUpdate(context.MethodName, 1, (_, count) => count + 1);
        var first = context.Response;
        try
        {
            await context.Invoke();
        }
        catch (Exception) when (isFirstAnswered)
        {
            // Nobody hears of it.
        }

        if (isFirstAnswered)
        {
            context.Response = first;
        }
    }
}
