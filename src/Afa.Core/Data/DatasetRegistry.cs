namespace Afa.Data;

/// <summary>The data sets that the program knows.</summary>
public static class DatasetRegistry
{
    /// <summary>Every known data set.</summary>
    public static IReadOnlyList<DatasetDescription> All { get; } = [FashionMnist(), Mnist(), Cifar10(), Cifar100(), TinyImageNet200()];

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(description => description.Name)];

    /// <summary>Whether a data set is named by the path of its folder. A folder here is written with a separator, as in <c>./images</c>.</summary>
    public static bool IsPath(string name) => name is "." or ".." || name.Contains('/', StringComparison.Ordinal) || name.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>The name that means the same in every folder: a path is made absolute.</summary>
    public static string Resolve(string name) => IsPath(name) ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(name)) : name;

    /// <summary>Returns the data set of that name, or what the folder of that path holds.</summary>
    /// <exception cref="ArgumentException">There is none of that name; the message lists the known names.</exception>
    /// <exception cref="DatasetNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">The folder holds no data set that can be read.</exception>
    public static DatasetDescription Get(string name) =>
        IsPath(name) ? DatasetFolder.Describe(name) :
        All.FirstOrDefault(description => description.Name == name) ??
        throw new ArgumentException(
            $"Data set '{name}' is not known; the known data sets are {string.Join(", ", Names)}. A folder is named by its path, such as ./{name}.", nameof(name));

    /// <summary>What is wrong with a name or path, or null.</summary>
    /// <param name="description">The data set, if nothing is wrong.</param>
    public static string? Problem(string name, out DatasetDescription? description)
    {
        description = null;
        if (!IsPath(name) && !Names.Contains(name))
        {
            return $"Unknown data set '{name}'; known: {string.Join(", ", Names)}. A folder is named by its path, such as ./{name}.";
        }

        try
        {
            description = Get(name);
            return null;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
    }

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

    private static DatasetDescription TinyImageNet200() => new()
    {
        Name = "tiny-imagenet",
        Title = "Tiny ImageNet",
        Format = DatasetFormat.TinyImageNet,
        Channels = ImageFile.Channels,
        Height = 64,
        Width = 64,
        ClassNames =
        [
            "n01443537", "n01629819", "n01641577", "n01644900", "n01698640", "n01742172", "n01768244", "n01770393", "n01774384", "n01774750",
            "n01784675", "n01855672", "n01882714", "n01910747", "n01917289", "n01944390", "n01945685", "n01950731", "n01983481", "n01984695",
            "n02002724", "n02056570", "n02058221", "n02074367", "n02085620", "n02094433", "n02099601", "n02099712", "n02106662", "n02113799",
            "n02123045", "n02123394", "n02124075", "n02125311", "n02129165", "n02132136", "n02165456", "n02190166", "n02206856", "n02226429",
            "n02231487", "n02233338", "n02236044", "n02268443", "n02279972", "n02281406", "n02321529", "n02364673", "n02395406", "n02403003",
            "n02410509", "n02415577", "n02423022", "n02437312", "n02480495", "n02481823", "n02486410", "n02504458", "n02509815", "n02666196",
            "n02669723", "n02699494", "n02730930", "n02769748", "n02788148", "n02791270", "n02793495", "n02795169", "n02802426", "n02808440",
            "n02814533", "n02814860", "n02815834", "n02823428", "n02837789", "n02841315", "n02843684", "n02883205", "n02892201", "n02906734",
            "n02909870", "n02917067", "n02927161", "n02948072", "n02950826", "n02963159", "n02977058", "n02988304", "n02999410", "n03014705",
            "n03026506", "n03042490", "n03085013", "n03089624", "n03100240", "n03126707", "n03160309", "n03179701", "n03201208", "n03250847",
            "n03255030", "n03355925", "n03388043", "n03393912", "n03400231", "n03404251", "n03424325", "n03444034", "n03447447", "n03544143",
            "n03584254", "n03599486", "n03617480", "n03637318", "n03649909", "n03662601", "n03670208", "n03706229", "n03733131", "n03763968",
            "n03770439", "n03796401", "n03804744", "n03814639", "n03837869", "n03838899", "n03854065", "n03891332", "n03902125", "n03930313",
            "n03937543", "n03970156", "n03976657", "n03977966", "n03980874", "n03983396", "n03992509", "n04008634", "n04023962", "n04067472",
            "n04070727", "n04074963", "n04099969", "n04118538", "n04133789", "n04146614", "n04149813", "n04179913", "n04251144", "n04254777",
            "n04259630", "n04265275", "n04275548", "n04285008", "n04311004", "n04328186", "n04356056", "n04366367", "n04371430", "n04376876",
            "n04398044", "n04399382", "n04417672", "n04456115", "n04465501", "n04486054", "n04487081", "n04501370", "n04507155", "n04532106",
            "n04532670", "n04540053", "n04560804", "n04562935", "n04596742", "n04597913", "n06596364", "n07579787", "n07583066", "n07614500",
            "n07615774", "n07695742", "n07711569", "n07715103", "n07720875", "n07734744", "n07747607", "n07749582", "n07753592", "n07768694",
            "n07871810", "n07873807", "n07875152", "n07920052", "n09193705", "n09246464", "n09256479", "n09332890", "n09428293", "n12267677",
        ],
        Files = [new(TinyImageNet.ClassesFile, DataSplit.Train, 100_000, []), new(TinyImageNet.TestFile, DataSplit.Test, 10_000, [])],
        Downloads = [],
        ManualDownload = new Uri("http://cs231n.stanford.edu/tiny-imagenet-200.zip"),
        FolderNames = ["tiny-imagenet-200", "tiny-imagenet"],
        RecommendedEpsilon = 8.0 / 255,
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
