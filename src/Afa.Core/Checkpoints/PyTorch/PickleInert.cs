namespace Afa.Checkpoints.PyTorch;

/// <summary>Stands for whatever a pickle holds that no state dict needs: lists, sets, bytes, long numbers, command line arguments. Its content is dropped.</summary>
internal sealed class PickleInert
{
    private PickleInert()
    {
    }

    public static PickleInert Value { get; } = new();
}
