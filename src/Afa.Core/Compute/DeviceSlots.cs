using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using static TorchSharp.torch;

namespace Afa.Compute;

/// <summary>
/// The device slots of a process, as <c>--devices</c> writes them: <c>cpu:2</c> is two slots that share the cores, <c>cuda</c> one slot for each GPU
/// that the process sees, <c>cuda:0,1</c> one for each of the GPUs 0 and 1.
/// </summary>
/// <remarks>The kinds are not mixed: trainers wait for each other in each step, so a GPU beside a CPU would stand idle.</remarks>
public sealed class DeviceSlots
{
    /// <summary>More than any machine has cores to share.</summary>
    public const int Most = 256;

    private const string CpuPrefix = "cpu:";
    private const string Cuda = "cuda";

    private readonly int _cpuSlots;             // 0: GPUs.
    private readonly IReadOnlyList<int> _gpus;  // Empty: all of them.

    private DeviceSlots(int cpuSlots, IReadOnlyList<int> gpus) => (_cpuSlots, _gpus) = (cpuSlots, gpus);

    /// <summary>A slot for each core of the CPU.</summary>
    public static DeviceSlots EveryCore { get; } = Cpu(Environment.ProcessorCount);

    private bool IsCuda => _cpuSlots == 0;

    /// <summary>Slots that share the cores of the CPU.</summary>
    /// <param name="slots">At least 1.</param>
    public static DeviceSlots Cpu(int slots)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slots, 1);
        return new DeviceSlots(slots, []);
    }

    /// <summary>Reads device slots; false if the text says none. Whether they are there is another question: <see cref="Problem()"/>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out DeviceSlots? slots)
    {
        slots = null;
        if (text == Cuda)
        {
            slots = new DeviceSlots(0, []);
        }
        else if (text.StartsWith(CpuPrefix, StringComparison.Ordinal))
        {
            slots = IsNumber(text[CpuPrefix.Length..], out var count) && count is >= 1 and <= Most ? Cpu(count) : null;
        }
        else if (text.StartsWith($"{Cuda}:", StringComparison.Ordinal))
        {
            var gpus = new List<int>();
            foreach (var part in text[(Cuda.Length + 1)..].Split(','))
            {
                if (!IsNumber(part, out var gpu) || gpu >= Most || gpus.Contains(gpu))
                {
                    return false;
                }

                gpus.Add(gpu);
            }

            slots = new DeviceSlots(0, gpus);
        }

        return slots is not null;
    }

    /// <summary>What is wrong with a text that says none.</summary>
    public static string Rule(string text) =>
        $"must be cpu:N with N from 1 to {Most}, such as cpu:{Environment.ProcessorCount}, or for GPUs cuda (all of them) or cuda:0,1 (those, each once), not '{text}'.";

    /// <summary>Why this process cannot have these slots; null if it can. Loads libtorch if GPUs are asked for and the program was built for them.</summary>
    public string? Problem() => Problem(CudaEngine.IsBuiltIn, CudaEngine.Count);

    /// <inheritdoc cref="Problem()"/>
    /// <param name="isBuiltIn">Whether the program was built for GPUs.</param>
    /// <param name="count">How many GPUs it sees.</param>
    internal string? Problem(bool isBuiltIn, Func<int> count)
    {
        if (!IsCuda)
        {
            return null;
        }

        if (!isBuiltIn)
        {
            return $"{this} needs a program that was built for GPUs, and this one was built for the CPU. Set AFA_TORCH_DEVICE=cuda before ./afa or 'dotnet build' (Linux x64, about 3 GB more of packages), or take cpu:N.";
        }

        var found = count();
        if (found == 0)
        {
            return $"{this} needs a GPU, and none is to be seen. Look at 'nvidia-smi' (is there a driver, and one recent enough?) and at CUDA_VISIBLE_DEVICES, or take cpu:N.";
        }

        return _gpus.Where(gpu => gpu >= found).ToList() is [var missing, ..]
            ? $"{this} names GPU {missing}, but {(found == 1 ? "there is one only, GPU 0" : $"there are {found}, from 0 to {found - 1}")} (as CUDA_VISIBLE_DEVICES numbers them)."
            : null;
    }

    /// <summary>The device of each slot.</summary>
    /// <param name="count">How many GPUs the process sees; not asked for slots on the CPU.</param>
    internal IReadOnlyList<Device> Devices(Func<int> count)
    {
        if (!IsCuda)
        {
            return [.. Enumerable.Repeat(CPU, _cpuSlots)];
        }

        var gpus = _gpus.Count > 0 ? _gpus : [.. Enumerable.Range(0, count())];
        return [.. gpus.Select(gpu => new Device(TorchSharp.DeviceType.CUDA, gpu))];
    }

    /// <summary>As <see cref="TryParse"/> reads it.</summary>
    public override string ToString() => !IsCuda
        ? string.Create(CultureInfo.InvariantCulture, $"{CpuPrefix}{_cpuSlots}")
        : _gpus.Count == 0 ? Cuda : $"{Cuda}:{string.Join(',', _gpus)}";

    private static bool IsNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
