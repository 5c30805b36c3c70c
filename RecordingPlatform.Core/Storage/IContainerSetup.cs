namespace RecordingPlatform.Core.Storage;

/// <summary>A provider that creates its own container.</summary>
internal interface IContainerSetup
{
    /// <summary>Creates the container if it is missing. Safe to run twice, and by any number of processes at once.</summary>
    /// <exception cref="IOException">The store cannot be reached, or denies it.</exception>
    Task EnsureContainerAsync(CancellationToken ct);
}
