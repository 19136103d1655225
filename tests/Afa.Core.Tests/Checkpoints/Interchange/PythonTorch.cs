using System.Diagnostics;
using System.Runtime.InteropServices;
using Afa.Checkpoints;
using Afa.Checkpoints.Interchange;
using Afa.Models;
using Afa.Tests.Golden;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Checkpoints.Interchange;

/// <summary>Runs Files/small_cnn.py once with Debian's Python on files exported here, if it has PyTorch.</summary>
public sealed class PythonTorch : IDisposable
{
    private const string Python = "/usr/bin/python3";
    private const int NoTorch = 77;

    private readonly string _folder = Directory.CreateTempSubdirectory("afa-python-").FullName;
    private readonly string? _missing;

    public PythonTorch()
    {
        if (!File.Exists(Python))
        {
            _missing = $"There is no {Python}.";
            return;
        }

        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        using var images = ExampleImages();
        var weights = model.state_dict().ToDictionary(entry => entry.Key, entry => TensorRecord.FromTensor(entry.Value));
        File.WriteAllBytes(PathOf("images.bin"), images.bytes.ToArray());
        File.WriteAllBytes(PathOf("exported.pt"), WeightsExport.Write(".pt", weights, new ModelOptions()));
        File.WriteAllBytes(PathOf("exported.safetensors"), WeightsExport.Write(".safetensors", weights, new ModelOptions()));

        var script = Path.Combine(AppContext.BaseDirectory, "Checkpoints", "Files", "small_cnn.py");
        using var process = Process.Start(new ProcessStartInfo(Python, [script, _folder]) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        _missing = process.ExitCode == NoTorch ? $"{Python} has no PyTorch; 'apt-get install python3-torch' brings it." : null;
        Assert.True(process.ExitCode is 0 or NoTorch, error);
    }

    /// <summary>Skips a test if there is no PyTorch.</summary>
    public void Require() => Assert.SkipUnless(_missing is null, _missing ?? "");

    public string PathOf(string name) => Path.Combine(_folder, name);

    /// <summary>Logits that Python wrote. The caller owns them.</summary>
    public Tensor Logits(string name) => tensor(MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(PathOf(name)).AsSpan()).ToArray(), [8, 10]);

    /// <summary>The images that Python sees. The caller owns them.</summary>
    public static Tensor ExampleImages() => tensor([.. Enumerable.Range(0, 8 * 28 * 28).Select(i => (float)(0.5 + 0.5 * Math.Sin(0.013 * i + i / 784)))], [8, 1, 28, 28]);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
