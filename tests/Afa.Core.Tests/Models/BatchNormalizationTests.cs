using Afa.Models;
using Afa.Tests.Golden;
using Afa.Tests.Training;
using Xunit;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Afa.Tests.Models;

public class BatchNormalizationTests
{
    private const int Channels = 3;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Forward_IsThatOfPyTorchsLayer(bool isTraining)
    {
        using var scope = NewDisposeScope();
        var (own, official) = (Layer(new()), BatchNorm2d(Channels, dtype: ScalarType.Float64));
        official.load_state_dict(own.state_dict());
        var names = official.state_dict().Keys.ToList();
        own.train(isTraining);
        official.train(isTraining);
        var (first, second) = (Images(4).requires_grad_(), Images(4).requires_grad_());

        var (left, right) = (own.call(first), official.call(second));
        var gradients = autograd.grad([left.pow(3).sum()], [first, own.get_parameter("weight")!, own.get_parameter("bias")!]);
        var officialGradients = autograd.grad([right.pow(3).sum()], [second, official.weight!, official.bias!]);

        TensorAssert.SameBits(right, left);
        Assert.All(officialGradients.Zip(gradients), pair => TensorAssert.SameBits(pair.First, pair.Second));
        Assert.Equal(names, own.state_dict().Keys);
        Assert.All(official.state_dict(), entry => TensorAssert.Close(entry.Value, own.state_dict()[entry.Key], 0));
    }

    [Fact]
    public void Forward_TrainingWithoutTracking_UsesTheBatchAndLeavesTheStatistics()
    {
        using var scope = NewDisposeScope();
        var mode = new ForwardMode();
        var (tracking, still) = (Layer(mode), Layer(mode));
        var before = still.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.clone());

        var expected = tracking.call(Images(4));
        mode.TracksStatistics = false;
        var actual = still.call(Images(4));

        TensorAssert.SameBits(expected, actual);
        Assert.All(before, entry => TensorAssert.SameBits(entry.Value, still.state_dict()[entry.Key]));
        Assert.NotEqual(0, TensorAssert.LargestDifference(tracking.get_buffer("running_mean")!, before["running_mean"]));
    }

    [Fact]
    public void Forward_Auxiliary_UsesAndMovesTheSecondSetOnly()
    {
        using var scope = NewDisposeScope();
        var mode = new ForwardMode();
        var layer = Layer(mode, hasAuxiliary: true);
        var before = layer.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.clone());

        mode.UsesAuxiliary = true;
        var trained = layer.call(Images(4));
        layer.eval();
        var evaluated = layer.call(Images(4));
        var (scale, shift) = layer.ScaleAndShift();
        mode.UsesAuxiliary = false;

        var changed = layer.state_dict().Where(entry => !entry.Value.equal(before[entry.Key]).all().item<bool>()).Select(entry => entry.Key).Order();
        Assert.Equal(["auxiliary.num_batches_tracked", "auxiliary.running_mean", "auxiliary.running_var"], changed);
        Assert.All(changed, name => Assert.True(ImageClassifier.IsAuxiliary($"layer1.0.bn1.{name}")));
        Assert.Equal(0, trained.mean([0, 2, 3]).abs().max().item<double>(), 1e-12);   // The auxiliary set's scale and shift are still 1 and 0.
        TensorAssert.Close(evaluated, Images(4) * scale.reshape(1, -1, 1, 1) + shift.reshape(1, -1, 1, 1), 1e-12);
        Assert.True(TensorAssert.LargestDifference(evaluated, layer.call(Images(4))) > 0.1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Synchronized_OverReplicas_IsOneLayerWithTheWholeBatch(int replicas)
    {
        using var scope = NewDisposeScope();
        var layer = Layer(new());
        var images = Images(8).requires_grad_();
        var output = layer.call(images);
        var gradients = autograd.grad([Loss(output, Images(8))], [images, layer.get_parameter("weight")!, layer.get_parameter("bias")!]);

        var parts = await OnThreads(replicas, collective => Replica(collective, replicas, threads: null));

        // float64: sums in another order.
        TensorAssert.Close(output, cat([.. parts.Select(part => part.Output)]), 1e-12);
        TensorAssert.Close(gradients[0], cat([.. parts.Select(part => part.Gradients[0])]), 1e-12);
        TensorAssert.Close(gradients[1], stack(parts.Select(part => part.Gradients[1])).sum([0]), 1e-11);
        TensorAssert.Close(gradients[2], stack(parts.Select(part => part.Gradients[2])).sum([0]), 1e-11);
        foreach (var part in parts)
        {
            TensorAssert.Close(layer.get_buffer("running_mean")!, part.State["running_mean"], 1e-13);
            TensorAssert.Close(layer.get_buffer("running_var")!, part.State["running_var"], 1e-13);
            TensorAssert.SameBits(layer.get_buffer("num_batches_tracked")!, part.State["num_batches_tracked"]);
            Assert.All(part.State, entry => TensorAssert.SameBits(parts[0].State[entry.Key], entry.Value));
        }
    }

    [Theory]
    [InlineData("resnet-18", 2)]
    [InlineData("preact-resnet-18", 4)]
    public async Task Synchronized_WholeNetwork_GivesTheGradientOfTheWholeBatch(string name, int replicas)
    {
        using var scope = NewDisposeScope();
        var images = rand([8, 1, 12, 12], ScalarType.Float64, generator: new Generator(5));
        Dictionary<string, Tensor> Gradients(Tensor part, ReplicaStatistics? statistics)
        {
            using var inner = NewDisposeScope();
            using var model = ModelRegistry.Create(new ModelOptions { Name = name, WidthFactor = 0.125 }, seed: 1);
            model.to(ScalarType.Float64);
            model.Replicas = statistics;
            model.call(part).cos().sum().backward();
            return model.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter.grad!.clone().DetachFromDisposeScope());
        }

        var whole = Gradients(images, null);
        var parts = await OnThreads(replicas, collective => Gradients(Part(images, collective.Rank, replicas), new ReplicaStatistics(replicas, collective.AllGather)));

        foreach (var (parameter, gradient) in whole)
        {
            var sum = stack(parts.Select(part => part[parameter])).sum([0]);
            Assert.InRange(((sum - gradient).norm() / gradient.norm().clamp(min: 1e-3)).item<double>(), 0, 1e-9);   // float64 through 18 layers of sums in another order
        }
    }

    [Fact]
    public async Task Synchronized_Gradient_IsThatOfFiniteDifferences()
    {
        using var scope = NewDisposeScope();
        var parts = await OnThreads(2, collective => Replica(collective, 2, threads: null));
        var gradient = cat([.. parts.Select(part => part.Gradients[0])]);
        foreach (var (image, channel, row, column) in new[] { (0, 0, 0, 0), (3, 1, 2, 1), (4, 2, 1, 3), (7, 0, 3, 2) })   // Of both replicas.
        {
            async Task<double> LossAt(double shift)
            {
                var losses = await OnThreads(2, collective =>
                {
                    using var inner = NewDisposeScope();
                    using var noGradients = no_grad();
                    var images = Images(8);
                    images[image, channel, row, column] += shift;
                    var mode = new ForwardMode { Replicas = new ReplicaStatistics(2, collective.AllGather) };
                    return Loss(Layer(mode).call(Part(images, collective.Rank, 2)), Part(Images(8), collective.Rank, 2)).item<double>();
                });
                return losses.Sum();
            }

            const double Step = 1e-5;
            var slope = (await LossAt(Step) - await LossAt(-Step)) / (2 * Step);
            Assert.Equal(slope, gradient[image, channel, row, column].item<double>(), 1e-7);   // Step² times a third derivative of order 1 to 100, and rounding of 1e-11.
        }
    }

    [Fact]
    public async Task Synchronized_BackwardPass_ExchangesOnTheThreadThatAskedForIt()
    {
        await OnThreads(2, collective =>
        {
            using var scope = NewDisposeScope();
            var threads = new List<int>();
            Replica(collective, 2, threads);
            Assert.Equal([Environment.CurrentManagedThreadId, Environment.CurrentManagedThreadId], threads);   // Forward and backward.
            return 0;
        });
    }

    [Fact]
    public void Synchronized_ExchangeFailsInTheBackwardPass_IsThrownAfterIt()
    {
        using var scope = NewDisposeScope();
        var calls = 0;
        var replicas = new ReplicaStatistics(2, own => ++calls == 1 ? [own, own] : throw new TimeoutException("A trainer is gone."));
        var layer = Layer(new() { Replicas = replicas });
        var images = Images(4).requires_grad_();
        var loss = Loss(layer.call(images), Images(4));
        replicas.ThrowIfFailed();

        loss.backward();   // No exception may cross libtorch's frames; the gradient is of no use.

        Assert.Equal("A trainer is gone.", Assert.Throws<TimeoutException>(replicas.ThrowIfFailed).Message);
        Assert.Throws<TimeoutException>(() => layer.call(images));
        Assert.Equal(2, calls);
    }

    /// <summary>One replica's pass over its part of eight images.</summary>
    private static (Tensor Output, IReadOnlyList<Tensor> Gradients, Dictionary<string, Tensor> State) Replica(ThreadCollective collective, int replicas, List<int>? threads)
    {
        using var scope = NewDisposeScope();
        var mode = new ForwardMode
        {
            Replicas = new ReplicaStatistics(replicas, own =>
            {
                threads?.Add(Environment.CurrentManagedThreadId);
                return collective.AllGather(own);
            }),
        };
        var layer = Layer(mode);
        var images = Part(Images(8), collective.Rank, replicas).detach().requires_grad_();
        var output = layer.call(images);
        var gradients = autograd.grad([Loss(output, Part(Images(8), collective.Rank, replicas))], [images, layer.get_parameter("weight")!, layer.get_parameter("bias")!]);
        return (output.detach().DetachFromDisposeScope(), [.. gradients.Select(gradient => gradient.DetachFromDisposeScope())], layer.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.clone().DetachFromDisposeScope()));
    }

    private static Task<T[]> OnThreads<T>(int count, Func<ThreadCollective, T> work) =>
        Task.WhenAll(ThreadCollective.Create(count).Select(collective => Task.Factory.StartNew(() => work(collective), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

    /// <summary>A function of every output whose gradient by each differs: its own image's pixels are the weights.</summary>
    private static Tensor Loss(Tensor output, Tensor images) => (output.pow(3) * images.cos()).sum();

    private static Tensor Part(Tensor images, int rank, int parts) => images.narrow(0, rank * images.shape[0] / parts, images.shape[0] / parts);

    private static Tensor Images(int count) => 2 * randn([count, Channels, 4, 4], ScalarType.Float64, generator: new Generator(1)) + 0.7;

    /// <summary>A layer in float64 and training mode with numbers of its own in the main set.</summary>
    private static BatchNormalization Layer(ForwardMode mode, bool hasAuxiliary = false)
    {
        var layer = new BatchNormalization(Channels, mode, hasAuxiliary);
        layer.to(ScalarType.Float64);
        using var noGradients = no_grad();
        using var generator = new Generator(2);
        foreach (var (name, low, high) in new[] { ("weight", -2.0, 2.0), ("bias", -1, 1) })
        {
            layer.get_parameter(name)!.uniform_(low, high, generator);
        }

        layer.get_buffer("running_mean")!.uniform_(-1, 1, generator);
        layer.get_buffer("running_var")!.uniform_(0.5, 2, generator);
        return layer;
    }
}
