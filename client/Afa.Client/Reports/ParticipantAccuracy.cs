namespace Afa.Client.Reports;

/// <summary>Accuracy on the test images of one participant.</summary>
/// <param name="Participant">Its number.</param>
internal sealed record ParticipantAccuracy(int Participant, double Accuracy);
