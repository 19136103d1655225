using System.ComponentModel.DataAnnotations;
using Afa.Checkpoints;
using Afa.Data;
using Afa.Training;

namespace Afa.Federation;

/// <summary>What an owner's silo tells others of a failure: one of a few sentences.</summary>
/// <remarks>The message of an exception may hold the owner's paths, names or small counts, so only the silo's own log gets it. A <see cref="ParticipantException"/> says of its message that it may be told.</remarks>
public static class FailureReason
{
    private const string More = "The log of its silo says more.";

    /// <summary>The sentence for an exception, by its type alone.</summary>
    public static string Of(Exception exception) => exception switch
    {
        AggregateException { InnerException: { } inner } => Of(inner),
        ParticipantException told => told.Message,
        OperationCanceledException => "It was told to stop.",
        LossNotFiniteException => $"Its loss or its gradient was not finite, so it has no update. {More}",
        DatasetNotFoundException => $"It has no such data set on its silo. {More}",
        CheckpointDamagedException => $"A checkpoint that it needs is damaged. {More}",
        _ when IsOutOfMemory(exception) => $"Its silo has too little memory. {More}",
        IOException or UnauthorizedAccessException or InvalidDataException => $"Files that it needs cannot be read or written on its silo. {More}",
        ArgumentException or ValidationException or NotSupportedException => $"The federation's options do not fit its data or its silo. {More}",
        _ => $"Something failed on its silo. {More}",
    };

    /// <summary>libtorch's failures all have one type.</summary>
    private static bool IsOutOfMemory(Exception exception) => exception is OutOfMemoryException
        || (exception is System.Runtime.InteropServices.ExternalException
            && (exception.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase) || exception.Message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase)));
}
