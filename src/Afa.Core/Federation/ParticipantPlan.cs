using Afa.Compute;
using Afa.Data;
using Afa.Training;

namespace Afa.Federation;

/// <summary>Deals the images of an experiment to its participants: the same on every machine, from options and labels alone.</summary>
public static class ParticipantPlan
{
    /// <summary>Fewest training images where sizes are drawn, as in the code of Li et al. 2021 (arXiv:2102.02079).</summary>
    private const int FewestImages = 10;
    private const int FewestToTrainOn = 2;
    private const int MaximumDraws = 1000;

    /// <summary>Deals the training images: a class-balanced subset of them, as in any run, then <see cref="FederationOptions.Partition"/>.</summary>
    /// <returns>For each participant its images, ascending indices into the data set. No image is dealt twice, and all of the subset are.</returns>
    /// <remarks>
    /// <see cref="PartitionKind.Iid"/> gives the shards of a data-parallel run with as many, class-balanced. By class (McMahan et al. 2017 deal two
    /// pieces of the images sorted by label) each participant draws its classes, and the holders of a class divide it evenly. By quantity, the images
    /// lie in an order that has all classes evenly throughout, and are cut in proportions from Dir(α).
    /// </remarks>
    /// <exception cref="ArgumentException">There are too few images or classes for so many participants.</exception>
    public static int[][] Train(ImageDataset train, FederationOptions options)
    {
        var training = options.LocalTraining();
        var subset = TrainingShard.Subset(train, training);
        var labels = TrainingShard.LabelsOf(train, subset);
        var draws = new SeededDraws(Seed.Derive(training.Seed, (ulong)SeedUse.Partition, (ulong)options.Partition.Kind));
        var plan = options.Partition.Kind switch
        {
            PartitionKind.Iid => ShardPlan.Create(labels, options.Participants, ShardPlanKind.ClassBalanced, training.Seed),
            PartitionKind.Dirichlet => DirichletPlan.Create(labels, options.Participants, new() { Alpha = options.Partition.Alpha, MinimumImages = FewestImages }, training.Seed),
            PartitionKind.ByClass => ByClass(labels, options.Participants, options.Partition.ClassesEach, draws),
            PartitionKind.ByQuantity => ByQuantity(labels, options.Participants, options.Partition.Alpha, draws),
            _ => throw new ArgumentException($"Unknown partition '{options.Partition.Kind}'.", nameof(options)),
        };
        if (Array.FindIndex(plan, images => images.Length < FewestToTrainOn) is >= 0 and var poor)
        {
            throw new ArgumentException($"Participant {poor} would have {plan[poor].Length} of the {subset.Length} training images, but needs at least {FewestToTrainOn}. Use more images, fewer participants or another split.", nameof(options));
        }

        return [.. plan.Select(images => images.Order().Select(i => subset[i]).ToArray())];
    }

    /// <summary>Deals test images class by class, in proportion to each participant's training images of the class; then draws the most that one may use.</summary>
    /// <param name="trainPlan">What <see cref="Train"/> gave.</param>
    /// <returns>For each participant its images, ascending indices into the test split. No image is dealt twice.</returns>
    /// <remarks>Shares of a class are rounded by the largest remainder; the test images of a class that nobody trains on are left out.</remarks>
    public static int[][] Test(ImageDataset train, IReadOnlyList<int[]> trainPlan, ImageDataset test, FederationOptions options)
    {
        var draws = new SeededDraws(Seed.Derive(options.Training.Seed, (ulong)SeedUse.Partition, ulong.MaxValue));   // No kind of split has this number.
        var counts = trainPlan.Select(images => CountByClass(TrainingShard.LabelsOf(train, images), train.Description.Classes)).ToArray();
        var dealt = trainPlan.Select(_ => new List<int>()).ToArray();
        var classes = ClassIndices.Shuffled(test.Labels.Span, draws);
        for (var label = 0; label < classes.Length; label++)
        {
            var start = 0;
            var shares = Apportion(classes[label].Length, [.. counts.Select(count => count[label])]);
            for (var participant = 0; participant < dealt.Length; participant++)
            {
                dealt[participant].AddRange(classes[label].AsSpan(start, shares[participant]));
                start += shares[participant];
            }
        }

        return [.. dealt.Select((images, participant) => Sample(images, options, participant))];
    }

    /// <summary>The training images of a participant that owns its data: a class-balanced subset of what lies there, or all of it if that is less.</summary>
    /// <returns>Ascending indices into the data set.</returns>
    /// <exception cref="ParticipantException">There are fewer than <see cref="FederatedEvaluationOptions.MinimumCount"/>, a count that the weight in a mean would tell.</exception>
    public static int[] OwnTrain(ImageDataset train, FederationOptions options)
    {
        var fewest = Math.Max(FewestToTrainOn, options.Evaluation.MinimumCount);
        var own = TrainingShard.Subset(train, options.LocalTraining() with { TrainImages = Math.Min(options.Training.TrainImages, train.Count) });
        return own.Length >= fewest
            ? own
            : throw new ParticipantException($"The participant has fewer than {fewest} training images, and counts of so few do not leave its silo (Evaluation.MinimumCount).");
    }

    /// <summary>The test images of a participant that owns its data: as many as one may use, drawn from what lies there.</summary>
    /// <returns>Ascending indices into the data set.</returns>
    public static int[] OwnTest(ImageDataset test, FederationOptions options, int participant) => Sample([.. Enumerable.Range(0, test.Count)], options, participant);

    /// <summary>Number of images of each class.</summary>
    public static int[] CountByClass(ReadOnlySpan<byte> labels, int classes)
    {
        var counts = new int[classes];
        foreach (var label in labels)
        {
            counts[label]++;
        }

        return counts;
    }

    private static int[] Sample(List<int> images, FederationOptions options, int participant)
    {
        int[] order = [.. images.Order()];
        new SeededDraws(Seed.Derive(options.Training.Seed, (ulong)SeedUse.SampledTestImages, (ulong)participant)).Shuffle(order);
        return [.. order.Take(options.Evaluation.Images).Order()];
    }

    private static int[][] ByClass(byte[] labels, int participants, int classesEach, SeededDraws draws)
    {
        var classes = ClassIndices.Shuffled(labels, draws);
        var present = Enumerable.Range(0, classes.Length).Where(label => classes[label].Length > 0).ToArray();
        if (classesEach > present.Length || (long)participants * classesEach < present.Length)
        {
            throw new ArgumentException(
                $"{participants} participants with {classesEach} classes each cannot hold the {present.Length} classes of the training images, each of them at least once. " +
                $"Partition.ClassesEach must be in [{(present.Length + participants - 1) / participants}, {present.Length}].");
        }

        var held = DrawClasses(present, participants, classesEach, draws);
        var plan = held.Select(_ => new List<int>()).ToArray();
        foreach (var label in present)
        {
            var holders = Enumerable.Range(0, participants).Where(participant => held[participant].Contains(label)).ToArray();
            for (var i = 0; i < classes[label].Length; i++)
            {
                plan[holders[i % holders.Length]].Add(classes[label][i]);
            }
        }

        return [.. plan.Select(images => images.ToArray())];
    }

    /// <summary>Deals classes from shuffled packs of all of them, so that each is held about as often, and by someone.</summary>
    private static List<int>[] DrawClasses(int[] present, int participants, int classesEach, SeededDraws draws)
    {
        var pack = new List<int>();
        var held = new List<int>[participants];
        for (var participant = 0; participant < participants; participant++)
        {
            held[participant] = [];
            while (held[participant].Count < classesEach)
            {
                var next = pack.FindIndex(label => !held[participant].Contains(label));
                if (next < 0)
                {
                    int[] fresh = [.. present];
                    draws.Shuffle(fresh);
                    pack.AddRange(fresh);
                    continue;
                }

                held[participant].Add(pack[next]);
                pack.RemoveAt(next);
            }
        }

        return held;
    }

    private static int[][] ByQuantity(byte[] labels, int participants, double alpha, SeededDraws draws)
    {
        // An image's place in its class, in [0, 1), puts the classes side by side: any run of the order has each in its proportion.
        var order = ClassIndices.Shuffled(labels, draws)
            .SelectMany(members => members.Select((image, rank) => (Image: image, Place: (rank + 0.5) / members.Length)))
            .OrderBy(entry => entry.Place).Select(entry => entry.Image).ToArray();
        for (var draw = 0; draw < MaximumDraws; draw++)
        {
            var ends = DirichletPlan.Cut(order.Length, participants, alpha, draws);
            int[][] plan = [.. ends.Select((end, participant) => order[(participant == 0 ? 0 : ends[participant - 1])..end])];
            if (plan.All(images => images.Length >= FewestImages))
            {
                return plan;
            }
        }

        throw new ArgumentException(
            $"None of {MaximumDraws} draws with an α of {alpha} gives each of {participants} participants {FewestImages} of the {labels.Length} images. Use a larger Partition.Alpha, fewer participants or more images.");
    }

    /// <summary>Divides items in proportion to weights: the method of the largest remainder (Hamilton).</summary>
    private static int[] Apportion(int items, int[] weights)
    {
        var sum = weights.Sum(weight => (long)weight);
        if (sum == 0)
        {
            return new int[weights.Length];
        }

        var shares = Array.ConvertAll(weights, weight => (int)((long)items * weight / sum));
        var byRemainder = Enumerable.Range(0, weights.Length).OrderByDescending(i => (long)items * weights[i] % sum).Take(items - shares.Sum());
        foreach (var i in byRemainder)
        {
            shares[i]++;
        }

        return shares;
    }
}
