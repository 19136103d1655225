using Azure;
using Azure.Identity;

namespace Afa.Storage;

/// <summary>Says why a call of the Azure client failed, and what to do, without what the client says of headers and signatures.</summary>
internal static class AzureFailure
{
    /// <returns>Sentences, the first without a capital letter; null for an exception that is not the store's: it passes on as it is.</returns>
    public static string? Explain(Exception error, CancellationToken cancellationToken) => Last(error) switch
    {
        RequestFailedException { Status: 401 or 403 } refused =>
            $"access was refused ({Answer(refused)}). Check the key in {StoreLocation.ConnectionStringVariable}, or that the workload's identity has the role " +
            "Storage Blob Data Contributor on the container and that the account's firewall lets this machine in.",
        RequestFailedException { Status: 404 } missing =>
            $"there is no such container ({Answer(missing)}). Create it with: az storage container create",
        RequestFailedException { Status: > 0 } answered => $"the service answered {Answer(answered)}. What was to be done can be tried again.",
        RequestFailedException or HttpRequestException =>
            $"the service cannot be reached: {FirstLine(Last(error))} Check the network and the account's name; what was to be done can be tried again.",
        AuthenticationFailedException =>
            $"there is no credential for the account: {FirstLine(Last(error))} Set {StoreLocation.ConnectionStringVariable}, or give this workload an identity.",
        OperationCanceledException when !cancellationToken.IsCancellationRequested => "the service did not answer in time. What was to be done can be tried again.",
        IOException failed => failed.Message,
        UnauthorizedAccessException denied => $"{FirstLine(denied)} Blobs are read by way of the folder for temporary files, which must be writable: TMPDIR names another.",
        _ => null,
    };

    private static string Answer(RequestFailedException error) => $"{error.Status} {error.ErrorCode}".TrimEnd();

    /// <summary>Of several tries, the last.</summary>
    private static Exception Last(Exception error) => error is AggregateException several ? Last(several.InnerExceptions[^1]) : error;

    private static string FirstLine(Exception error)
    {
        var line = error.Message.AsSpan().Trim();
        var end = line.IndexOfAny('\r', '\n');
        return $"{(end < 0 ? line : line[..end]).TrimEnd('.')}.";
    }
}
