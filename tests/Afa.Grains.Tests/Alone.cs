namespace Afa.Tests.Grains;

/// <summary>Tests that measure the process, while no others run.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
