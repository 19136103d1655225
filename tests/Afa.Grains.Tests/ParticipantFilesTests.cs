using Afa.Checkpoints;
using Afa.Federation;
using Afa.Grains;
using Afa.Models;

namespace Afa.Tests.Grains;

/// <summary>What a participant keeps to itself.</summary>
public sealed class ParticipantFilesTests
{
    private const string Folder = "federations/fed/participants/0/";

    [Fact]
    public async Task OwnLayers_KeepWhatARoundBeganWith_AsItMayNotCount()
    {
        var own = new OwnLayers(new CheckpointStore(TestCluster.NewStore()), Folder);
        Assert.Null(await own.LoadAsync(5, default));
        await own.SaveAsync(1, Kept(1), begunWith: 0, default);
        await own.SaveAsync(2, Kept(2), begunWith: 1, default);
        await own.SaveAsync(3, Kept(3), begunWith: 2, default);
        await own.SaveAsync(4, Kept(4), begunWith: 2, default);   // The third round did not count.

        Assert.Equal(4, await StepAsync(4));
        Assert.Equal(2, await StepAsync(3));
        Assert.Equal(2, await StepAsync(2));
        Assert.Equal(1, await StepAsync(1));   // The model of the second round may turn out damaged.
        Assert.Null(await own.LoadAsync(0, default));
        await own.SaveAsync(5, Kept(5), begunWith: 4, default);
        Assert.Null(await own.LoadAsync(1, default));

        async Task<long?> StepAsync(int rounds) => (await own.LoadAsync(rounds, default))?.State.Step;
    }

    [Fact]
    public async Task OpenedSums_OfOneUpdate_AllowTheSameParticipantsOnly()
    {
        var store = TestCluster.NewStore();
        await new OpenedSums(store, Folder).NoteAsync(3, "runs/fed/checkpoints/step-00000003", [0, 2, 5]);

        var again = new OpenedSums(store, Folder);   // Its process has ended in between.
        Assert.Equal([0, 2, 5], (await again.FindAsync(3, "runs/fed/checkpoints/step-00000003"))!);
        await again.NoteAsync(3, "runs/fed/checkpoints/step-00000003", [5, 0, 2]);
        var refused = await Assert.ThrowsAsync<ParticipantException>(() => again.NoteAsync(3, "runs/fed/checkpoints/step-00000003", [0, 2]));
        Assert.Contains("round 4 was opened before, with the participants 0, 2, 5. One with 0, 2 ", refused.Message, StringComparison.Ordinal);
        Assert.Null(await again.FindAsync(3, "runs/fed/checkpoints/step-00000003-attempt-2"));   // Another model's updates are others.
        Assert.Null(await again.FindAsync(4, "runs/fed/checkpoints/step-00000004"));
    }

    private static Checkpoint Kept(int rounds) => new(
        new CheckpointState { Run = "fed", Phase = "all", Epoch = rounds, Step = rounds, ModelOptions = new ModelOptions(), CreatedAt = DateTimeOffset.UnixEpoch },
        new Dictionary<string, TensorRecord> { ["norm.weight"] = new(TorchSharp.torch.ScalarType.Float32, [1], BitConverter.GetBytes((float)rounds)) });
}
