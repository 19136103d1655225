using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Numerics.Tensors;
using System.Text.Json;
using Afa.Compute;
using Afa.Grains;
using Afa.Models;
using Afa.Silo;
using Afa.Storage;
using Afa.Training;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using static TorchSharp.torch;

namespace Afa.Benchmarks;

/// <summary>
/// Times the sum of ResNet-18's gradient among trainers of one process, by the path that training takes, against what memory allows; and
/// what grain calls take of a whole step of that network.
/// </summary>
internal static class GradientBenchmark
{
    private const int Trainers = 2;
    private const int Sums = 10;

    /// <param name="rounds">How often each is measured, in turn; the medians are printed.</param>
    public static async Task RunAsync(int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("afa-benchmark-");
        try
        {
            await SumsAsync(folder.FullName, rounds);
            await StepsAsync(folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task SumsAsync(string store, int rounds)
    {
        using var devices = new DevicePool(Trainers, threads: 1);
        using var host = await StartSiloAsync(store, devices);
        var connections = host.Services.GetRequiredService<TrainerConnections>();
        var length = GradientLength();
        var size = 4e-9 * length;
        Console.WriteLine(Invariant($"sum of ResNet-18's gradient, {size * 1000:F1} MB; GB/s of what is contributed; medians of {rounds} rounds of {Sums} sums"));
        foreach (var count in new[] { 2, 4 })
        {
            var gradients = Enumerable.Range(0, count).Select(_ => Ones(length)).ToArray();
            var collectives = Enumerable.Range(0, count).Select(rank => connections.Connect(TaskScheduler.Default, $"run-{count}", 1, rank, count)).ToArray();
            var (sums, bounds) = (new List<double>(), new List<double>());
            for (var round = -1; round < rounds; round++)   // The first warms up.
            {
                Array.ForEach(gradients, gradient => Array.Fill(gradient, 1));
                var sum = await SecondsAsync(count, (rank, _) => collectives[rank].AllReduceSum(gradients[rank]));
                if (gradients.Any(gradient => gradient[^1] != MathF.Pow(count, Sums)))
                {
                    throw new InvalidOperationException($"The sums are wrong: {gradients[0][^1]}.");
                }

                var bound = await BoundAsync(gradients);
                if (round >= 0)
                {
                    sums.Add(count * size / sum);
                    bounds.Add(count * size / bound);
                }
            }

            Console.WriteLine(Invariant(
                $"W = {count}: to every trainer {Median(sums),6:F2}   plain copy and add on {Environment.ProcessorCount} threads, to one place {Median(bounds),6:F2}   ratio {Median([.. sums.Zip(bounds, (sum, bound) => sum / bound)]):F2}"));
        }

        await GathersAsync(connections);
    }

    /// <summary>Copies the first contribution to a place of its own and adds the others to it, block by block so that the block stays in the cache, each thread its share.</summary>
    private static async Task<double> BoundAsync(float[][] gradients)
    {
        const int Block = 4096;
        var threads = Environment.ProcessorCount;
        var sum = Ones(gradients[0].Length);
        return await SecondsAsync(threads, (thread, barrier) =>
        {
            var (from, to) = ((int)((long)sum.Length * thread / threads), (int)((long)sum.Length * (thread + 1) / threads));
            for (var start = from; start < to; start += Block)
            {
                var length = Math.Min(Block, to - start);
                var into = sum.AsSpan(start, length);
                gradients[0].AsSpan(start, length).CopyTo(into);
                foreach (var gradient in gradients.AsSpan(1))
                {
                    TensorPrimitives.Add(into, gradient.AsSpan(start, length), into);
                }
            }

            barrier.SignalAndWait();
        });
    }

    /// <summary>Prints the time of an exchange of features, of which a step of AFA makes two.</summary>
    private static async Task GathersAsync(TrainerConnections connections)
    {
        var rows = new byte[64 * (512 * sizeof(float) + sizeof(long))];
        var collectives = Enumerable.Range(0, Trainers).Select(rank => connections.Connect(TaskScheduler.Default, "gathers", 1, rank, Trainers)).ToArray();
        await SecondsAsync(Trainers, (rank, _) => collectives[rank].AllGather(rows));
        var seconds = await SecondsAsync(Trainers, (rank, _) => collectives[rank].AllGather(rows));
        Console.WriteLine(Invariant($"exchange of 64 features of each of two trainers through the grains: {1000 * seconds:F2} ms"));
    }

    /// <summary>Trains two epochs of three steps and looks at the second.</summary>
    private static async Task StepsAsync(string store)
    {
        Console.WriteLine("a step of ResNet-18, batch 128, two trainers: its time, and what of it the first trainer's thread does not work in, which is calls and waiting for images");
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = store });
        foreach (var (method, name) in new[] { (TrainingMethod.Ce, "ce"), (TrainingMethod.Afa, "afa") })
        {
            var options = new TrainingOptions
            {
                Method = method,
                Model = "resnet-18",
                TrainImages = 3 * BenchmarkLine.Batch,
                BatchSize = BenchmarkLine.Batch,
                Epochs = 2,
                Trainers = Trainers,
                Attack = new InnerAttackOptions { Steps = 1 },
                Head = new HeadOptions { Epochs = 1 },
            };
            await silo.Control.StartTrainingAsync(name, JsonSerializer.Serialize(options, AfaJson.Options));
            TrainingRunStatus status;
            do
            {
                await Task.Delay(200);
                status = (await silo.Control.GetTrainingAsync(name))!;
            }
            while (status.State == RunState.Running);

            var epoch = status.State == RunState.Completed ? status.History[1] : throw new InvalidOperationException(status.Message);
            var outside = epoch.Seconds - epoch.PhaseSeconds.Values.Sum();
            var exchange = epoch.PhaseSeconds.GetValueOrDefault(StepClock.Exchange);
            var reduce = epoch.PhaseSeconds.GetValueOrDefault(StepClock.Reduce);
            Console.WriteLine(Invariant(
                $"{name,-4} step {1000 * epoch.Seconds / 3:F0} ms   outside {100 * outside / epoch.Seconds:F2} %   exchange, with the wait for the other trainer {100 * exchange / epoch.Seconds:F2} %   sum, with that wait {100 * reduce / epoch.Seconds:F2} %"));
        }
    }

    /// <summary>Seconds of one piece of work, when so many threads do <see cref="Sums"/> of them one after the other.</summary>
    private static async Task<double> SecondsAsync(int threads, Action<int, Barrier> work)
    {
        using var barrier = new Barrier(threads);
        var seconds = await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                var started = Stopwatch.GetTimestamp();
                for (var i = 0; i < Sums; i++)
                {
                    work(thread, barrier);
                }

                return Stopwatch.GetElapsedTime(started).TotalSeconds;
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        return seconds.Max() / Sums;
    }

    private static int GradientLength()
    {
        using var scope = NewDisposeScope();
        var options = new TrainingOptions { Dataset = "cifar-10", Model = "resnet-18" };
        using var model = ModelRegistry.Create(options.ModelOptions(), seed: 0, options.WeightInitialization());
        return (int)model.parameters().Sum(parameter => parameter.numel());
    }

    private static float[] Ones(int length)
    {
        var values = new float[length];
        Array.Fill(values, 1);   // So that each page exists.
        return values;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static async Task<IHost> StartSiloAsync(string store, DevicePool devices)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(FreePort(), FreePort())
            .Configure<EndpointOptions>(endpoint => endpoint.AdvertisedIPAddress = IPAddress.Loopback)
            .AddAfaGrains(StoreLocation.Parse(store).Open(), devices));
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
