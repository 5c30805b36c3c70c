namespace RecordingPlatform.Core.Storage;

/// <summary>
/// One object being written, by one writer. Disposed without a commit it leaves nothing behind.
/// </summary>
public abstract class ObjectUpload : IAsyncDisposable
{
    public abstract string Name { get; }

    /// <summary>
    /// Takes the bytes in order; forward only. Closing it neither commits nor aborts. After a write has thrown or was cancelled
    /// the upload cannot be committed.
    /// </summary>
    /// <exception cref="ObjectStoreFullException">From a write or flush: the store is out of space.</exception>
    public abstract Stream Content { get; }

    /// <summary>Makes the object visible, whole and durable, unless the name is taken. Once per upload.</summary>
    /// <exception cref="InvalidOperationException">A write failed, or the upload was committed or disposed before.</exception>
    /// <exception cref="IOException">The store failed: the object is there whole or not at all.</exception>
    public abstract Task<PutOutcome> CommitAsync(CancellationToken ct);

    public abstract ValueTask DisposeAsync();
}
