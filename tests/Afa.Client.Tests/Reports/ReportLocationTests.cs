using Afa.Client.Reports;
using Xunit;

namespace Afa.Client.Tests.Reports;

public sealed class ReportLocationTests
{
    [Fact]
    public void Of_StoreInAFolder_IsBesideTheWork() =>
        Assert.Equal(Path.GetFullPath("/store/runs/mine/report"), ReportLocation.Of("/store", "runs/mine"));

    [Fact]
    public void Of_StoreInAContainer_IsInTheCurrentFolder() =>
        Assert.Equal(Path.GetFullPath("afa-reports/runs/mine/report"), ReportLocation.Of("https://account.blob.core.windows.net/container", "runs/mine"));
}
