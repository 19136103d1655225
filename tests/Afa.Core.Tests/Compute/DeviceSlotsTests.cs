using Afa.Compute;
using Xunit;

namespace Afa.Tests.Compute;

public class DeviceSlotsTests
{
    [Theory]
    [InlineData("cpu:1", "cpu")]
    [InlineData("cpu:3", "cpu", "cpu", "cpu")]
    [InlineData("cuda", "cuda:0", "cuda:1", "cuda:2", "cuda:3")]
    [InlineData("cuda:2", "cuda:2")]
    [InlineData("cuda:3,0", "cuda:3", "cuda:0")]
    public void TryParse_WhatAUserWrites_GivesADeviceForEachSlot(string text, params string[] devices)
    {
        Assert.True(DeviceSlots.TryParse(text, out var slots));
        Assert.Equal(devices, slots.Devices(() => 4).Select(device => device.ToString()));
        Assert.Equal(text, slots.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("cpu")]
    [InlineData("cpu:")]
    [InlineData("cpu:0")]
    [InlineData("cpu:257")]
    [InlineData("cpu:-1")]
    [InlineData("cpu:1,2")]
    [InlineData("cpu: 1")]
    [InlineData("CPU:1")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda:0,")]
    [InlineData("cuda:0,0")]
    [InlineData("cuda:0, 1")]
    [InlineData("cuda:256")]
    [InlineData("cuda:99999999999")]
    [InlineData("cuda,cpu:1")]
    [InlineData("cpu:1,cuda:0")]
    [InlineData("cuda:0,cuda:1")]
    [InlineData("gpu:0")]
    public void TryParse_WhatSaysNoSlots_IsRefused(string text)
    {
        Assert.False(DeviceSlots.TryParse(text, out _));
        Assert.EndsWith($"not '{text}'.", DeviceSlots.Rule(text), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cpu:2", false, 0, null)]
    [InlineData("cuda", true, 1, null)]
    [InlineData("cuda:1,0", true, 2, null)]
    [InlineData("cuda", false, 0, "cuda needs a program that was built for GPUs, and this one was built for the CPU. Set AFA_TORCH_DEVICE=cuda")]
    [InlineData("cuda:0", true, 0, "cuda:0 needs a GPU, and none is to be seen. Look at 'nvidia-smi'")]
    [InlineData("cuda:0,1", true, 1, "cuda:0,1 names GPU 1, but there is one only, GPU 0")]
    [InlineData("cuda:4", true, 4, "cuda:4 names GPU 4, but there are 4, from 0 to 3")]
    public void Problem_OfSlotsThatTheProcessCannotHave_SaysWhatIsMissing(string text, bool isBuiltIn, int gpus, string? problem)
    {
        Assert.True(DeviceSlots.TryParse(text, out var slots));
        var found = slots.Problem(isBuiltIn, () => isBuiltIn ? gpus : throw new InvalidOperationException("The build for the CPU was asked for GPUs."));
        Assert.StartsWith(problem ?? "", found ?? "", StringComparison.Ordinal);
        Assert.Equal(problem is null, found is null);
    }
}
