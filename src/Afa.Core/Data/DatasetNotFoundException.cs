namespace Afa.Data;

/// <summary>The files of a data set are not where they were looked for. The message says where that was and how to obtain them.</summary>
public sealed class DatasetNotFoundException(string message) : IOException(message);
