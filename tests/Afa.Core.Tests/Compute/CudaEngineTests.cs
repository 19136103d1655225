using Afa.Compute;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Compute;

/// <summary>What can be seen of it without a GPU.</summary>
public class CudaEngineTests
{
    [Fact]
    public void MakeExact_SetsLibtorchsOwnSettings()
    {
        CudaEngine.MakeExact();

        Assert.True(CudaEngine.IsDeterministic);
        Assert.False(backends.cudnn.allow_tf32);
        Assert.False(backends.cuda.matmul.allow_tf32);
    }

    [Fact]
    public void IsBuiltIn_InTheBuildThatIsTested_SaysNo()
    {
        Assert.False(CudaEngine.IsBuiltIn);
        Assert.True(DeviceSlots.TryParse("cuda", out var slots));
        Assert.Contains("AFA_TORCH_DEVICE=cuda", Assert.Throws<NotSupportedException>(() => new DevicePool(slots)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ComputeCapability_OfAGpuThatIsNotThere_IsNotKnown() => Assert.Null(CudaDriver.ComputeCapability(gpu: 1000));

    [Theory]
    [InlineData(null, null, "that of cuda:1 is not known")]
    [InlineData(7, 5, "cuda:1 has 7.5")]
    [InlineData(8, 0, null)]
    [InlineData(12, 0, null)]
    public void RequireBfloat16_OfAGpu_GoesByItsComputeCapability(int? major, int? minor, string? problem)
    {
        var gpu = new Device("cuda:1");
        var error = Record.Exception(() => Bfloat16Support.Require(gpu, major is null ? null : (major.Value, minor!.Value)));

        Assert.Equal(problem is null, error is null);
        if (problem is not null)
        {
            Assert.Contains(problem, Assert.IsType<NotSupportedException>(error).Message, StringComparison.Ordinal);
        }
    }
}
