namespace Afa.Data;

/// <summary>Part of a data set, as its authors divided it.</summary>
public enum DataSplit
{
    Train,
    Test,
}
