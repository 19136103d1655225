using Afa.Data;
using Xunit;

namespace Afa.Tests.Data;

/// <summary>The real data set, for tests that are skipped where it is not installed.</summary>
internal static class FashionMnist
{
    public static ImageDataset Load(DataSplit split) => DatasetLoader.Load("fashion-mnist", split, RequireFolder());

    public static string RequireFolder()
    {
        try
        {
            return Path.GetDirectoryName(DatasetLocator.Locate(DatasetRegistry.Get("fashion-mnist"), DataSplit.Train)[0])!;
        }
        catch (DatasetNotFoundException exception)
        {
            Assert.Skip(exception.Message);
            throw;
        }
    }
}
