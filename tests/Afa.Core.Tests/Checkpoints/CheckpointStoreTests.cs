using System.Text;
using System.Text.Json;
using Afa.Checkpoints;
using Afa.Models;
using CsCheck;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Checkpoints;

public sealed class CheckpointStoreTests
{
    private const string Name = "runs/first/checkpoints/step-00000120";

    private readonly MemoryBlobStore _blobs = new();
    private readonly CheckpointStore _store;

    public CheckpointStoreTests() => _store = new(_blobs);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SaveAndLoad_AnyTensors_IsBitExact() => await Gen.Select(
        TensorRecordGen.Dictionary, TensorRecordGen.Dictionary).SampleAsync(
        async (model, optimizer) =>
        {
            var store = new CheckpointStore(new MemoryBlobStore());

            await store.SaveAsync(Name, Sample() with { Model = model, Optimizer = optimizer }, Cancellation);
            var loaded = await store.LoadAsync(Name, Cancellation);

            TensorRecordGen.AssertEqual(model, loaded.Model);
            TensorRecordGen.AssertEqual(optimizer, loaded.Optimizer!);
        },
        iter: 100);

    [Fact]
    public async Task SaveAndLoad_State_ComesBackWhole()
    {
        using var options = JsonDocument.Parse("""{"Epsilon": 0.1, "steps": [1, 2]}""");
        var sample = Sample();
        var state = sample.State with
        {
            ModelOptions = new ModelOptions { Name = "small-cnn", Mean = [0.25], StandardDeviation = [0.5] },
            Options = options.RootElement,
            Metrics = new Dictionary<string, double> { ["Loss"] = double.NaN, ["cleanAccuracy"] = 0.1 + 0.2 },
            Parent = "runs/first/checkpoints/step-00000100",
        };

        await _store.SaveAsync(Name, new(state, sample.Model), Cancellation);
        var loaded = await _store.LoadAsync(Name, Cancellation);

        Assert.Null(loaded.Optimizer);
        Assert.Equal("small-cnn", loaded.State.ModelOptions.Name);
        Assert.Equal([0.25], loaded.State.ModelOptions.Mean!);
        Assert.True(JsonElement.DeepEquals(options.RootElement, loaded.State.Options!.Value));
        Assert.Equal(state.Metrics, loaded.State.Metrics);
        Assert.Equal(state.CreatedAt, loaded.State.CreatedAt);
        Assert.Equal(("first", "features", 3, 120L, state.Parent), (loaded.State.Run, loaded.State.Phase, loaded.State.Epoch, loaded.State.Step, loaded.State.Parent));
        Assert.Single(loaded.State.Files);
        Assert.Equal(120, (await _store.LoadStateAsync(Name, Cancellation)).Step);
    }

    [Fact]
    public async Task Save_StateFile_IsWrittenLastDeletedFirstAndReadableJson()
    {
        await _store.SaveAsync(Name, Sample(), Cancellation);
        using var json = JsonDocument.Parse(_blobs.Blobs[Name + "/state.json"]);
        await _store.DeleteAsync(Name, Cancellation);
        await _store.DeleteAsync(Name, Cancellation);

        Assert.Equal("features", json.RootElement.GetProperty("state").GetProperty("phase").GetString());
        Assert.Equal($"write {Name}/state.json", _blobs.Log[2]);
        Assert.Equal($"delete {Name}/state.json", _blobs.Log[3]);
        Assert.Empty(_blobs.Blobs);
    }

    [Fact]
    public async Task Save_SameNameAgain_ReplacesTheFiles()
    {
        await _store.SaveAsync(Name, Sample(), Cancellation);
        await _store.SaveAsync(Name, Sample(fill: 9) with { Optimizer = null }, Cancellation);

        TensorRecordGen.AssertEqual(Sample(fill: 9).Model, (await _store.LoadAsync(Name, Cancellation)).Model);
        Assert.Equal(2, _blobs.Blobs.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Save_DiskFullAtAWrite_KeepsThePreviousCheckpoint(int writesThatSucceed)
    {
        await _store.SaveAsync(Name, Sample(), Cancellation);
        _blobs.OnWrite = (_, content) => writesThatSucceed-- > 0 ? content : throw new IOException("No space left on device.");

        await Assert.ThrowsAsync<IOException>(() => _store.SaveAsync(Name, Sample(fill: 9), Cancellation));
        await Assert.ThrowsAsync<IOException>(() => _store.SaveAsync("runs/first/checkpoints/step-00000140", Sample(fill: 9), Cancellation));

        TensorRecordGen.AssertEqual(Sample().Model, (await _store.LoadAsync(Name, Cancellation)).Model);
        Assert.Equal(Name, (await _store.LoadLatestGoodAsync("runs/first/", Cancellation)).Name);
    }

    [Fact]
    public async Task Save_AfterAFailedSave_LeavesNoFileBehind()
    {
        _blobs.OnWrite = (name, content) => name.EndsWith("state.json") ? throw new IOException("Killed.") : content;
        await Assert.ThrowsAsync<IOException>(() => _store.SaveAsync(Name, Sample(fill: 9), Cancellation));
        await Assert.ThrowsAsync<FileNotFoundException>(() => _store.LoadAsync(Name, Cancellation));

        _blobs.OnWrite = (_, content) => content;
        await _store.SaveAsync(Name, Sample(), Cancellation);

        Assert.Equal(3, _blobs.Blobs.Count);
    }

    [Fact]
    public async Task Save_StoreThatLosesAByte_IsNotPublished()
    {
        _blobs.OnWrite = (name, content) => name.Contains("/optimizer-") ? content[..^1] : content;

        var error = await Assert.ThrowsAsync<IOException>(() => _store.SaveAsync(Name, Sample(), Cancellation));

        Assert.Contains("optimizer-", error.Message);
        Assert.DoesNotContain(Name + "/state.json", _blobs.Blobs.Keys);
    }

    [Fact]
    public async Task Load_AnyFileAlteredAnywhere_IsRefusedByName()
    {
        await _store.SaveAsync(Name, Sample(), Cancellation);
        var random = new Random(20261122);
        foreach (var (blob, content) in _blobs.Blobs.ToArray())
        {
            for (var i = 0; i < 200; i++)
            {
                var altered = content.ToArray();
                altered[random.Next(altered.Length)] ^= (byte)(1 << random.Next(8));
                await AssertRefusedAsync(blob, altered);
                await AssertRefusedAsync(blob, content[..random.Next(content.Length)]);
            }

            await AssertRefusedAsync(blob, [.. content, 0]);
            await AssertRefusedAsync(blob, []);
            _blobs.Blobs[blob] = content;
        }
    }

    [Fact]
    public async Task Load_TensorFileMissing_IsRefusedByName()
    {
        await _store.SaveAsync(Name, Sample(), Cancellation);
        foreach (var blob in _blobs.Blobs.Keys.Where(blob => blob.EndsWith(".safetensors")).ToArray())
        {
            _blobs.Blobs.Remove(blob, out var content);
            Assert.Contains("missing", (await Assert.ThrowsAsync<CheckpointDamagedException>(() => _store.LoadAsync(Name, Cancellation))).Message);
            _blobs.Blobs[blob] = content!;
        }
    }

    [Fact]
    public async Task Load_UnknownName_SaysWhatWasLookedFor()
    {
        var error = await Assert.ThrowsAsync<FileNotFoundException>(() => _store.LoadAsync("runs/none", Cancellation));

        Assert.Contains("runs/none/state.json", error.Message);
    }

    [Theory]
    [InlineData("\"formatVersion\": 1", "\"formatVersion\": 2", "format version 2")]
    [InlineData("\"formatVersion\": 1,", "", "format version none")]
    [InlineData("\"step\": 120", "\"step\": 120, \"step\": 121", "step")]
    [InlineData("\"step\": 120", "\"step\": \"x\"", "step")]
    [InlineData("\"step\": 120", "\"leap\": 120", "leap")]
    [InlineData("\"run\": \"first\"", "\"run\": null", "run")]
    [InlineData("\"name\": \"model-", "\"name\": \"../../model-", "named by their hashes")]
    [InlineData("\"name\": \"optimizer-", "\"name\": \"model-", "named by their hashes")]
    public async Task Load_StateThatIsWrongThoughItsHashFits_IsRefusedWithTheReason(string text, string replacement, string reason)
    {
        await _store.SaveAsync(Name, Sample(), Cancellation);
        var file = Encoding.UTF8.GetString(_blobs.Blobs[Name + "/state.json"]);
        var parts = file.Split("\"state\": ", 2);
        var state = parts[1][..^"\n}\n".Length].Replace(text, replacement, StringComparison.Ordinal);
        var hash = CheckpointFormat.Hash(Encoding.UTF8.GetBytes(state));
        _blobs.Blobs[Name + "/state.json"] = Encoding.UTF8.GetBytes($"{{\n\"sha256\": \"{hash}\",\n\"state\": {state}\n}}\n");

        var error = await Assert.ThrowsAsync<CheckpointDamagedException>(() => _store.LoadAsync(Name, Cancellation));

        Assert.Contains(reason, error.Message);
        Assert.Equal(Name + "/state.json", error.File);
    }

    [Fact]
    public async Task Load_ReplacedBetweenStateAndModel_GivesTheNewCheckpoint()
    {
        await _store.SaveAsync(Name, Sample(), Cancellation);
        _blobs.OnRead = blob =>
        {
            if (blob.Contains("/model-"))
            {
                _blobs.OnRead = _ => { };
                _store.SaveAsync(Name, Sample(fill: 9), Cancellation).GetAwaiter().GetResult();
            }
        };

        TensorRecordGen.AssertEqual(Sample(fill: 9).Model, (await _store.LoadAsync(Name, Cancellation)).Model);
    }

    [Fact]
    public async Task LoadLatestGood_DamagedOnes_ArePassedOverWithTheReason()
    {
        foreach (var step in new[] { 20, 100, 110, 120 })
        {
            var sample = Sample();
            await _store.SaveAsync($"runs/first/checkpoints/step-{step}", sample with { State = sample.State with { Step = step } }, Cancellation);
        }

        _blobs.Blobs["runs/first/checkpoints/step-120/state.json"][200] ^= 1;
        _blobs.Blobs.Single(blob => blob.Key.StartsWith("runs/first/checkpoints/step-110/model-")).Value[^1] ^= 1;

        var latest = await _store.LoadLatestGoodAsync("runs/first/", Cancellation);

        Assert.Equal("runs/first/checkpoints/step-100", latest.Name);
        Assert.Equal(100, latest.Checkpoint!.State.Step);
        Assert.Equal(["runs/first/checkpoints/step-120", "runs/first/checkpoints/step-110"], latest.Damaged.Select(damaged => damaged.Name));
        Assert.All(latest.Damaged, damaged => Assert.Contains("SHA-256", damaged.Reason));
    }

    [Fact]
    public async Task LoadLatestGood_NoCheckpoint_IsNull()
    {
        var latest = await _store.LoadLatestGoodAsync("runs/", Cancellation);

        Assert.Null(latest.Name);
        Assert.Null(latest.Checkpoint);
        Assert.Empty(latest.Damaged);
    }

    [Fact]
    public async Task LoadLatestGood_StoreThatFails_IsNotTakenForDamage()
    {
        await _store.SaveAsync(Name, Sample(), Cancellation);
        _blobs.OnRead = _ => throw new IOException("The store cannot be reached.");

        await Assert.ThrowsAsync<IOException>(() => _store.LoadLatestGoodAsync("runs/", Cancellation));
    }

    [Fact]
    public async Task List_Prefix_FindsTheCheckpointsOfThatRun()
    {
        await _store.SaveAsync("runs/a/step-2", Sample(), Cancellation);
        await _store.SaveAsync("runs/a/step-1", Sample(), Cancellation);
        await _store.SaveAsync("runs/ab/step-1", Sample(), Cancellation);

        Assert.Equal(["runs/a/step-1", "runs/a/step-2"], await _store.ListAsync("runs/a/", Cancellation).ToListAsync(Cancellation));
        Assert.Equal(3, await _store.ListAsync("", Cancellation).CountAsync(Cancellation));
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("/tmp/outside")]
    [InlineData("runs/../../outside")]
    public async Task AnyCall_NameThatEscapes_IsRefused(string name)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _store.SaveAsync(name, Sample(), Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => _store.LoadAsync(name, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => _store.LoadStateAsync(name, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => _store.DeleteAsync(name, Cancellation));
    }

    internal static Checkpoint Sample(byte fill = 1) => new(
        new()
        {
            Run = "first",
            Phase = "features",
            Epoch = 3,
            Step = 120,
            ModelOptions = new(),
            CreatedAt = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero),
        },
        new Dictionary<string, TensorRecord> { ["head.weight"] = new(ScalarType.Float32, [4, 4], Enumerable.Repeat(fill, 64).ToArray()) },
        new Dictionary<string, TensorRecord> { ["head.weight.momentum"] = new(ScalarType.Float32, [4, 4], Enumerable.Repeat(fill, 64).ToArray()) });

    private async Task AssertRefusedAsync(string blob, byte[] content)
    {
        _blobs.Blobs[blob] = content;
        var error = await Assert.ThrowsAsync<CheckpointDamagedException>(() => _store.LoadAsync(Name, Cancellation));
        Assert.Equal(blob, error.File);
        Assert.Contains(blob, error.Message);
    }
}
