namespace Afa.Data;

/// <summary>Layout of a data set's files.</summary>
public enum DatasetFormat
{
    /// <summary>An idx3 file of images and an idx1 file of labels, each plain or in gzip.</summary>
    Idx,

    /// <summary>Records of one label byte and the pixels: channel, row, column.</summary>
    Cifar10,

    /// <summary>Records of a coarse label byte, a fine label byte (the class) and the pixels: channel, row, column.</summary>
    Cifar100,

    /// <summary>The folder of Tiny ImageNet, with images in JPEG.</summary>
    TinyImageNet,

    /// <summary>A folder of images for each class.</summary>
    Images,

    /// <summary>Files of this program's own format.</summary>
    Shards,
}
