using Afa.Data;

namespace Afa.Grains;

/// <summary>Tells failures of the store from others.</summary>
internal static class StoreFailure
{
    /// <summary>Whether the store was away, so that the same call may succeed later. Orleans hides what a write of a grain's state met in an exception of its own.</summary>
    public static bool IsPassing(Exception exception) =>
        exception is (IOException and not (FileNotFoundException or DatasetNotFoundException)) or OrleansException { InnerException: IOException };
}
