using Afa.Models;
using Afa.Tests.Golden;
using CsCheck;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Afa.Tests.Models;

public class LocalForwardTests
{
    [Fact]
    public void Logits_OfRandomWindows_EqualTheWholeForwardPass()
    {
        using var model = GoldenSmallCnn.Create();
        AssertEqualsWhole(model, calls: 100, slots: 32);
    }

    [Fact]
    public void Logits_OtherShapes_EqualTheWholeForwardPass()
    {
        var shapes =
            from height in Gen.Int[8, 17]
            from width in Gen.Int[8, 17]
            from channels in Gen.OneOf(Gen.Const(1), Gen.Const(3))
            from isNormalized in Gen.Bool
            from features in Gen.Enum<HeadFeatures>()
            select (height, width, channels, isNormalized, features);
        shapes.Sample(
            shape =>
            {
                double[] constants = [0.3, 0.5, 0.7];
                using var model = ModelRegistry.Create(
                    new()
                    {
                        WidthFactor = 0.125,
                        Channels = shape.channels,
                        Height = shape.height,
                        Width = shape.width,
                        Mean = shape.isNormalized ? constants[..shape.channels] : null,
                        StandardDeviation = shape.isNormalized ? constants[..shape.channels] : null,
                        HeadFeatures = shape.features,
                    },
                    seed: 0);
                AssertEqualsWhole(model, calls: 10, slots: 3);
            },
            iter: 25, threads: 1);
    }

    [Fact]
    public void CreateLocalForward_NetworkWithoutIt_IsNull()
    {
        using var precise = ModelRegistry.Create(new(), seed: 0);
        using var residual = ModelRegistry.Create(new() { Name = "resnet-18", WidthFactor = 0.125 }, seed: 0);
        precise.to(ScalarType.Float64);

        Assert.Null(precise.CreateLocalForward(1));
        Assert.Null(residual.CreateLocalForward(1));
    }

    [Fact]
    public void Dispose_AfterUse_LeavesNoTensorAlive()
    {
        using var scope = NewDisposeScope();
        using var model = GoldenSmallCnn.Create();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var local = model.CreateLocalForward(2)!)
        {
            local.Logits([new(0, new(0, 0, 28, 28), new double[784]), new(1, new(0, 0, 28, 28), new double[784])]).Dispose();
            local.Logits([new(1, new(3, 4, 2, 5), new double[784])]).Dispose();
            local.Undo(0);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    /// <summary>Changes random windows, of which about half are taken back.</summary>
    private static void AssertEqualsWhole(ImageClassifier model, int calls, int slots)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var random = new Random(1);
        var (channels, height, width) = (model.Options.Channels, model.Options.Height, model.Options.Width);
        var size = channels * height * width;
        var known = Enumerable.Range(0, slots).Select(_ => Enumerable.Range(0, size).Select(_ => random.NextDouble()).ToArray()).ToArray();
        var whole = new ImageWindow(0, 0, height, width);
        using var local = model.CreateLocalForward(slots)!;
        local.Logits([.. known.Select((image, slot) => new LocalChange(slot, whole, image))]);
        for (var call = 0; call < calls; call++)
        {
            using var inner = NewDisposeScope();
            var some = Enumerable.Range(0, slots).OrderBy(_ => random.Next()).Take(random.Next(1, slots + 1));
            LocalChange[] changes = [.. some.Select(slot => RandomChange(slot, known[slot], channels, whole, random))];

            var logits = local.Logits(changes);

            TensorAssert.Close(model.call(Stack(changes.Select(change => change.Image))), logits, 1e-5);
            for (var i = 0; i < changes.Length; i++)
            {
                if (random.Next(2) == 0)
                {
                    local.Undo(i);
                }
                else
                {
                    known[changes[i].Slot] = changes[i].Image;
                }
            }
        }

        // A change of one pixel shows what the activations around it are.
        LocalChange[] last = [.. known.Select((image, slot) => new LocalChange(slot, new(random.Next(height), random.Next(width), 1, 1), image))];
        using var fresh = model.CreateLocalForward(slots)!;
        fresh.Logits([.. known.Select((image, slot) => new LocalChange(slot, whole, image))]);
        TensorAssert.Close(fresh.Logits(last), local.Logits(last), 1e-5);

        Tensor Stack(IEnumerable<double[]> images) => stack(images.Select(image => tensor(image, [channels, height, width]).to(ScalarType.Float32)));
    }

    /// <summary>New pixels in a window, which lies at a border or in a corner as often as elsewhere.</summary>
    private static LocalChange RandomChange(int slot, double[] known, int channels, ImageWindow whole, Random random)
    {
        var (rows, columns) = (1 + random.Next(1 + random.Next(whole.Height)), 1 + random.Next(1 + random.Next(whole.Width)));   // More small ones than large ones.
        var window = new ImageWindow(Place(whole.Height - rows), Place(whole.Width - columns), rows, columns);
        var image = known.ToArray();
        for (var channel = 0; channel < channels; channel++)
        {
            for (var pixel = 0; pixel < window.Area; pixel++)
            {
                var (row, column) = (window.Top + pixel / columns, window.Left + pixel % columns);
                image[(channel * whole.Height + row) * whole.Width + column] = random.NextDouble();
            }
        }

        return new(slot, window, image);

        int Place(int last) => random.Next(4) switch { 0 => 0, 1 => last, _ => random.Next(last + 1) };
    }
}
