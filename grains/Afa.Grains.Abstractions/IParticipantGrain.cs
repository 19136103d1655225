namespace Afa.Grains;

/// <summary>
/// An owner of a private shard, on the silo where that lies. What leaves it are updates, counts and masked sums, never images. The key is
/// "federation/number".
/// </summary>
/// <remarks>
/// Long work is begun and then asked about. Calls that carry a round refer to the work begun last; for other work they are refused. Of a failure an owner's
/// silo tells the kind alone, in what is returned and in what is thrown; its log has the rest.
/// </remarks>
[Alias("afa.participant")]
public interface IParticipantGrain : IGrainWithStringKey
{
    /// <summary>Loads the shard and describes it. Repeating the call has no further effect.</summary>
    [Alias("join"), ResponseTimeout("00:10:00")]
    Task<ParticipantReport> JoinAsync(ParticipantAssignment assignment);

    /// <summary>Begins to train in a round. Repeating the call for the same global model has no further effect.</summary>
    /// <param name="round">From 0.</param>
    /// <param name="checkpoint">Name of the global model.</param>
    /// <param name="counted">
    /// Rounds that were done when the participant's update last went into a model; 0 if it never did. What it keeps to itself is what it had then:
    /// a round that left it out leaves no trace, else SCAFFOLD's control of the server would not be the mean of the participants'.
    /// </param>
    [Alias("begin-round")]
    Task BeginRoundAsync(int round, string checkpoint, int counted);

    /// <summary>Waits a little for the end of the work of a round, and tells how far it is; null if no such work was begun here.</summary>
    [Alias("poll-round")]
    Task<ParticipantProgress?> PollRoundAsync(int round, string checkpoint);

    /// <summary>Returns a part of the update: as many values as one message may have, within it.</summary>
    /// <exception cref="InvalidOperationException">The round was not trained here, or there is no such part.</exception>
    [Alias("slice"), ResponseTimeout("00:02:00")]
    Task<GradientSlice> GetSliceAsync(int round, long offset, int count);

    /// <summary>Secure aggregation, first step: new keys for one attempt to add up a round.</summary>
    /// <param name="sum">What is to be added up.</param>
    [Alias("secure-advertise")]
    Task<SecureKeys> AdvertiseKeysAsync(SecureSum sum);

    /// <summary>Second step: an encrypted share of the own secrets for each of those that gave keys.</summary>
    /// <param name="attempt">Of <see cref="SecureSum.Attempt"/>.</param>
    /// <param name="publicKeys">By member, null for those that gave none.</param>
    [Alias("secure-share")]
    Task<IReadOnlyList<byte[]?>> ShareKeysAsync(string attempt, IReadOnlyList<byte[]?> publicKeys);

    /// <summary>Takes the shares of the others, which settles who takes part.</summary>
    [Alias("secure-receive")]
    Task ReceiveSharesAsync(string attempt, IReadOnlyList<byte[]?> shares);

    /// <summary>Third step: a part of the update, clamped, weighted and masked.</summary>
    /// <returns>32-bit words, little endian.</returns>
    [Alias("secure-masked"), ResponseTimeout("00:02:00")]
    Task<GradientSlice> GetMaskedSliceAsync(string attempt, long offset, int count);

    /// <summary>Last step: what takes the masks out of the sum of the survivors' updates.</summary>
    /// <exception cref="InvalidOperationException">An earlier attempt had others: the two sums would show their difference.</exception>
    [Alias("secure-reveal")]
    Task<byte[]> RevealAsync(string attempt, IReadOnlyList<int> survivors);

    /// <summary>Begins to judge a model on the own test images. Repeating the call has no further effect.</summary>
    /// <param name="round">Rounds that the model has had.</param>
    /// <param name="counted">As for <see cref="BeginRoundAsync"/>, up to this model: says which of the own layers go with it.</param>
    [Alias("begin-judge")]
    Task BeginJudgeAsync(string checkpoint, int round, int counted);

    /// <summary>Waits a little for the judgment; null if none of that model was begun here.</summary>
    [Alias("poll-judge")]
    Task<JudgeProgress?> PollJudgeAsync(string checkpoint);

    /// <summary>Stops what is at work and frees what is held.</summary>
    [Alias("leave")]
    Task LeaveAsync();
}

/// <summary>Who a participant is.</summary>
/// <param name="Number">From 0.</param>
/// <param name="OptionsJson">JSON of <c>Afa.Federation.FederationOptions</c>.</param>
[GenerateSerializer, Immutable, Alias("afa.participant-assignment")]
public sealed record ParticipantAssignment([property: Id(0)] string Federation, [property: Id(1)] int Number, [property: Id(2)] string OptionsJson);

/// <summary>What a participant says of itself.</summary>
/// <param name="Problem">What a user has to mend, such as missing data; null if it can take part.</param>
/// <param name="Images">Training images.</param>
/// <param name="SummaryJson">JSON of <c>Afa.Federation.ParticipantSummary</c>; empty with a problem.</param>
[GenerateSerializer, Immutable, Alias("afa.participant-report")]
public sealed record ParticipantReport([property: Id(0)] string? Problem, [property: Id(1)] int Images, [property: Id(2)] string SummaryJson);

/// <summary>How far a participant is in a round.</summary>
/// <param name="Share">In [0, 1].</param>
/// <param name="IsDone">Whether its update can be had.</param>
/// <param name="Images">Images that it trained on.</param>
/// <param name="Loss">Mean over its steps.</param>
/// <param name="Failure">Why it has no update; null unless it failed.</param>
[GenerateSerializer, Immutable, Alias("afa.participant-progress")]
public sealed record ParticipantProgress(
    [property: Id(0)] double Share, [property: Id(1)] bool IsDone, [property: Id(2)] int Images, [property: Id(3)] double Loss, [property: Id(4)] string? Failure);

/// <summary>How far a judgment is.</summary>
/// <param name="CountsJson">JSON of <c>Afa.Federation.ParticipantCounts</c>; null while at work or after a failure.</param>
[GenerateSerializer, Immutable, Alias("afa.judge-progress")]
public sealed record JudgeProgress([property: Id(0)] string? CountsJson, [property: Id(1)] string? Failure);

/// <summary>One attempt to add up a round's updates without seeing them.</summary>
/// <param name="Attempt">A name that no other attempt has.</param>
/// <param name="Members">Numbers of the participants that may take part.</param>
/// <param name="Member">The own place among them, from 0.</param>
/// <param name="Threshold">How many must stay until the end.</param>
/// <param name="Weight">What the own update is multiplied by, after its values are clamped, before it is added.</param>
[GenerateSerializer, Immutable, Alias("afa.secure-sum")]
public sealed record SecureSum(
    [property: Id(0)] string Attempt, [property: Id(1)] int Round, [property: Id(2)] IReadOnlyList<int> Members, [property: Id(3)] int Member, [property: Id(4)] int Threshold, [property: Id(5)] double Weight);

/// <summary>How a participant enters a secure sum.</summary>
/// <param name="PublicKeys">For all others.</param>
/// <param name="OpenedWith">Numbers of the participants with whom it has helped to open the sum of this round's update before; it does so with no others. Null if it has not.</param>
[GenerateSerializer, Immutable, Alias("afa.secure-keys")]
public sealed record SecureKeys([property: Id(0)] byte[] PublicKeys, [property: Id(1)] IReadOnlyList<int>? OpenedWith);
