using System.ComponentModel.DataAnnotations;
using System.Runtime.InteropServices;
using Afa.Checkpoints;
using Afa.Data;
using Afa.Federation;
using Afa.Training;
using Xunit;

namespace Afa.Tests.Federation;

public class FailureReasonTests
{
    private const string Telling = "/home/jones/ward-7/images";

#pragma warning disable CA2201 // Of the types that the runtime and libtorch's binding throw.
    public static TheoryData<Exception, string> Failures => new()
    {
        { new DatasetNotFoundException(Telling), "no such data set" },
        { new FileNotFoundException(Telling), "cannot be read" },
        { new IOException(Telling), "cannot be read" },
        { new UnauthorizedAccessException(Telling), "cannot be read" },
        { new InvalidDataException(Telling), "cannot be read" },
        { new CheckpointDamagedException(Telling, "It is short."), "checkpoint" },
        { new OutOfMemoryException(Telling), "too little memory" },
        { new ExternalException($"[enforce fail] DefaultCPUAllocator: can't allocate memory {Telling}"), "too little memory" },
        { new ExternalException($"CUDA out of memory {Telling}"), "too little memory" },
        { new ExternalException(Telling), "Something failed" },
        { new LossNotFiniteException(12, 0, Telling, double.NaN), "not finite" },
        { new ArgumentException(Telling), "options do not fit" },
        { new ValidationException(Telling), "options do not fit" },
        { new OperationCanceledException(Telling), "told to stop" },
        { new InvalidOperationException(Telling), "Something failed" },
        { new AggregateException(Telling, new IOException(Telling)), "cannot be read" },
    };
#pragma warning restore CA2201

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public void Of_AnyOtherException_TellsTheKindAndNothingOfItsMessage(Exception exception, string expected)
    {
        var reason = FailureReason.Of(exception);

        Assert.Contains(expected, reason, StringComparison.Ordinal);
        Assert.DoesNotContain("jones", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_AParticipantsOwnMessage_IsThat() =>
        Assert.Equal("It has fewer than 10.", FailureReason.Of(new AggregateException(new ParticipantException("It has fewer than 10.", new IOException(Telling)))));
}
