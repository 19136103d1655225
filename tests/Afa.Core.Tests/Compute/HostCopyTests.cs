using Afa.Compute;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Compute;

public class HostCopyTests
{
    [Fact]
    public void To_TheCpu_IsTheSameMemoryUnderAHandleOfItsOwn()
    {
        using var scope = NewDisposeScope();
        var host = arange(4, dtype: ScalarType.Float32);
        Tensor copy;
        using (var alias = HostCopy.To(host, CPU))
        {
            alias[0] = 7;
            copy = alias.clone();
        }

        Assert.Equal([7f, 1, 2, 3], copy.data<float>().ToArray());
        Assert.Equal(7, host[0].item<float>());
    }

    [Fact]
    public void To_AnotherDevice_IsThere() =>
        Assert.Equal(DeviceType.META, HostCopy.To(arange(4), META).device_type);
}
