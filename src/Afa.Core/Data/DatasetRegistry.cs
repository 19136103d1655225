namespace Afa.Data;

/// <summary>The data sets that the program knows.</summary>
public static class DatasetRegistry
{
    /// <summary>Every known data set.</summary>
    public static IReadOnlyList<DatasetDescription> All { get; } = [FashionMnist(), Mnist(), Cifar10(), Cifar100()];

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(description => description.Name)];

    /// <summary>Returns the data set of that name.</summary>
    /// <exception cref="ArgumentException">There is none; the message lists the known names.</exception>
    public static DatasetDescription Get(string name) =>
        All.FirstOrDefault(description => description.Name == name) ??
        throw new ArgumentException(
            $"Data set '{name}' is not known; the known data sets are {string.Join(", ", Names)}.", nameof(name));

    private static DatasetDescription FashionMnist() => new()
    {
        Name = "fashion-mnist",
        Title = "Fashion-MNIST",
        Format = DatasetFormat.Idx,
        Channels = 1,
        Height = 28,
        Width = 28,
        ClassNames = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"],

        // Each: as published, as in the Debian package (packed again without file name and time), unpacked.
        Files = IdxFiles(
            trainImages: ["8d4fb7e6c68d591d4c3dfef9ec88bf0d", "cf8536b0aa1a6ac5fa3f23001093305c", "f4a8712d7a061bf5bd6d2ca38dc4d50a"],
            trainLabels: ["25c81989df183df01b3e8a0aad5dffbe", "10bea18fdb374794d4bb42e356e600c9", "9018921c3c673c538a1fc5bad174d6f9"],
            testImages: ["bef4ecab320f06d8554ea6380940ec79", "f78720b4224f21cce2f2ccf2d7a94c9a", "8181f5470baa50b63fa0f6fddb340f0a"],
            testLabels: ["bb300cfdad3c16e7a12a480ee83cd310", "0d30e22e447f3c33dab9ed536400ac01", "15d484375f8d13e6eb1aabb0c3f46965"]),
        Downloads = IdxDownloads(
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310"),
        FolderNames = ["fashion-mnist", "FashionMNIST/raw"],
        DebianPackage = "dataset-fashion-mnist",
        RecommendedEpsilon = 0.1,
    };

    private static DatasetDescription Mnist() => new()
    {
        Name = "mnist",
        Title = "MNIST",
        Format = DatasetFormat.Idx,
        Channels = 1,
        Height = 28,
        Width = 28,
        ClassNames = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        Files = IdxFiles(
            trainImages: ["f68b3c2dcbeaaa9fbdd348bbdeb94873"],
            trainLabels: ["d53e105ee54ea40749a09fcbcd1e9432"],
            testImages: ["9fb629c4189551a2d022fa330f9573f3"],
            testLabels: ["ec29112dd5afa0611ce80d1b7f02629c"]),

        // PyTorch's copy of the files; the authors' own page no longer hands them out.
        Downloads = IdxDownloads(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "d53e105ee54ea40749a09fcbcd1e9432",
            "9fb629c4189551a2d022fa330f9573f3",
            "ec29112dd5afa0611ce80d1b7f02629c"),
        FolderNames = ["mnist", "MNIST/raw"],
        RecommendedEpsilon = 0.3,
    };

    private static DatasetDescription Cifar10() => new()
    {
        Name = "cifar-10",
        Title = "CIFAR-10",
        Format = DatasetFormat.Cifar10,
        Channels = 3,
        Height = 32,
        Width = 32,
        ClassNames = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
        Files =
        [
            new("data_batch_1.bin", DataSplit.Train, 10_000, []),
            new("data_batch_2.bin", DataSplit.Train, 10_000, []),
            new("data_batch_3.bin", DataSplit.Train, 10_000, []),
            new("data_batch_4.bin", DataSplit.Train, 10_000, []),
            new("data_batch_5.bin", DataSplit.Train, 10_000, []),
            new("test_batch.bin", DataSplit.Test, 10_000, []),
        ],
        Downloads = [CifarDownload("cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530")],
        FolderNames = ["cifar-10-batches-bin", "cifar-10"],
        RecommendedEpsilon = 8.0 / 255,
        ChannelMean = [0.4914, 0.4822, 0.4465],
        ChannelStd = [0.2471, 0.2435, 0.2616],
    };

    private static DatasetDescription Cifar100() => new()
    {
        Name = "cifar-100",
        Title = "CIFAR-100",
        Format = DatasetFormat.Cifar100,
        Channels = 3,
        Height = 32,
        Width = 32,
        ClassNames =
        [
            "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle",
            "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle",
            "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur",
            "dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard",
            "lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain",
            "mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree",
            "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket",
            "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider",
            "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor",
            "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
        ],
        Files = [new("train.bin", DataSplit.Train, 50_000, []), new("test.bin", DataSplit.Test, 10_000, [])],
        Downloads = [CifarDownload("cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8")],
        FolderNames = ["cifar-100-binary", "cifar-100"],
        RecommendedEpsilon = 8.0 / 255,
        ChannelMean = [0.5071, 0.4865, 0.4409],
        ChannelStd = [0.2673, 0.2564, 0.2762],
    };

    private static DatasetFile[] IdxFiles(string[] trainImages, string[] trainLabels, string[] testImages, string[] testLabels) =>
    [
        new("train-images-idx3-ubyte.gz", DataSplit.Train, 60_000, trainImages),
        new("train-labels-idx1-ubyte.gz", DataSplit.Train, 60_000, trainLabels),
        new("t10k-images-idx3-ubyte.gz", DataSplit.Test, 10_000, testImages),
        new("t10k-labels-idx1-ubyte.gz", DataSplit.Test, 10_000, testLabels),
    ];

    private static DatasetDownload[] IdxDownloads(string folder, string trainImages, string trainLabels, string testImages, string testLabels) =>
    [
        new(new Uri(folder + "train-images-idx3-ubyte.gz"), trainImages, 30 << 20),
        new(new Uri(folder + "train-labels-idx1-ubyte.gz"), trainLabels, 1 << 20),
        new(new Uri(folder + "t10k-images-idx3-ubyte.gz"), testImages, 10 << 20),
        new(new Uri(folder + "t10k-labels-idx1-ubyte.gz"), testLabels, 1 << 20),
    ];

    private static DatasetDownload CifarDownload(string fileName, string md5) =>
        new(new Uri("https://www.cs.toronto.edu/~kriz/" + fileName), md5, 200 << 20);
}
