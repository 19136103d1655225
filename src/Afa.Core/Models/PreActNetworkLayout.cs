namespace Afa.Models;

/// <summary>In what the published networks of pre-activation blocks differ: stages and names.</summary>
/// <param name="StemChannels">Channels that the first convolution gives.</param>
/// <param name="Stem">Name of the first convolution.</param>
/// <param name="BlockName">Name of a block from its stage and its place in it, both from 0.</param>
/// <param name="FinalNorm">Name of the normalization after the last block, which an activation follows; null for neither.</param>
/// <param name="Head">Name of the linear layer.</param>
internal sealed record PreActNetworkLayout(
    IReadOnlyList<ResidualStage> Stages, int StemChannels, string Stem, Func<int, int, string> BlockName, PreActBlockLayout Block, string? FinalNorm, string Head);
