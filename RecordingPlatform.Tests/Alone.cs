namespace RecordingPlatform.Tests;

/// <summary>For tests that measure what others beside them would change: they run one after the other, when all else is done.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
