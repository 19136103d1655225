namespace Afa.Data;

/// <summary>One file of a data set as it lies in a folder.</summary>
/// <param name="Name">Official file name. A name that ends in <c>.gz</c> may also lie unpacked, without that ending.</param>
/// <param name="Split">The split that the file belongs to.</param>
/// <param name="Count">Images (or labels) in the official file. A file with fewer is a subset; one with more is refused.</param>
/// <param name="KnownMd5">MD5, lower-case hex, of the published files of this name, packed and unpacked. Empty if none is published.</param>
public sealed record DatasetFile(string Name, DataSplit Split, int Count, IReadOnlyList<string> KnownMd5);
