using System.Runtime.InteropServices;
using Afa.Checkpoints;
using Afa.Data;
using Afa.Federation;
using Afa.Training;
using static TorchSharp.torch;

namespace Afa.Tests.Federation;

/// <summary>A federation on few made-up images, whose classes are bars at different heights.</summary>
internal static class SmallFederation
{
    public static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    public static ImageDataset Images(int count, DataSplit split = DataSplit.Train, Func<int, int>? labelOf = null)
    {
        var random = new Random(5);
        var pixels = new byte[count * 784];
        random.NextBytes(pixels);
        var labels = new byte[count];
        for (var i = 0; i < count; i++)
        {
            labels[i] = (byte)(labelOf?.Invoke(i) ?? i % 10);
            pixels.AsSpan(i * 784 + (i % 10 * 2 + 4) * 28, 56).Fill(255);
        }

        return new ImageDataset(DatasetRegistry.Get("fashion-mnist"), split, pixels, labels);
    }

    /// <summary>Plain SGD at a constant rate, so that steps can be worked by hand.</summary>
    public static FederationOptions Options(TrainingMethod method = TrainingMethod.Ce) => new()
    {
        Training = new()
        {
            Method = method,
            TrainImages = 0,
            ModelWidth = 0.125,
            BatchSize = 4,
            Attack = new() { Steps = 2 },
            Optimizer = new() { LearningRate = 0.1, Momentum = 0, Nesterov = false, GradientClip = 0, WeightDecay = 0, Schedule = LearningRateScheduleKind.Constant },
            Seed = 7,
        },
        Participants = 2,
        Rounds = 4,
        HeadRounds = 1,
        LocalSteps = 1,
        Partition = new() { Kind = PartitionKind.Iid },
        Evaluation = new() { Attacks = ["fgsm"], MinimumCount = 2 },
    };

    public static Checkpoint Start(FederationOptions options) => ServerModel.Start(options, "small", Now);

    public static LocalUpdate Train(FederationOptions options, ImageDataset images, int[] indices, Checkpoint global, int participant = 0, Checkpoint? own = null, bool isAttacker = false) =>
        LocalTraining.Run(
            new LocalRound
            {
                Options = options,
                Participant = participant,
                Round = global.State.Epoch,
                Global = global,
                Own = own,
                Images = images,
                Indices = indices,
                IsAttacker = isAttacker,
                Device = CPU,
            },
            _ => { },
            CancellationToken.None);

    /// <summary>One round of the server with the plain mean.</summary>
    public static Checkpoint Finish(FederationOptions options, Checkpoint global, IReadOnlyList<LocalUpdate> updates)
    {
        var server = new ServerModel(global, options);
        var mean = new float[server.Layout.Length];
        for (var i = 0; i < mean.Length; i++)
        {
            mean[i] = (float)updates.Average(update => (double)update.Values[i]);
        }

        var half = mean.Length / 2;
        server.Apply(half, mean.AsSpan(half), updates.Count);
        server.Apply(0, mean.AsSpan(0, half), updates.Count);
        return server.Finish("small", global.State.Epoch + 1, $"small/{global.State.Epoch}", new Dictionary<string, double>(), Now);
    }

    /// <summary>All rounds with every participant.</summary>
    public static Checkpoint Run(FederationOptions options, ImageDataset images, int rounds)
    {
        var plan = ParticipantPlan.Train(images, options);
        var global = Start(options);
        var owns = new Checkpoint?[plan.Length];
        for (var round = 0; round < rounds; round++)
        {
            var updates = plan.Select((indices, participant) => Train(options, images, indices, global, participant, owns[participant])).ToList();
            owns = [.. updates.Select(update => update.Own)];
            global = Finish(options, global, updates);
        }

        return global;
    }

    public static float[] Values(this IReadOnlyDictionary<string, TensorRecord> tensors, string name) => MemoryMarshal.Cast<byte, float>(tensors[name].Data.Span).ToArray();
}
