namespace RecordingPlatform.Core.Storage;

/// <summary>The answer to a read: <see cref="Found"/>, <see cref="NotFound"/> or <see cref="Archived"/>, and nothing else.</summary>
public abstract class ObjectRead : IAsyncDisposable
{
    ObjectRead()
    {
    }

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Owns its stream: disposing either, early or at the end, releases the store.</summary>
    /// <param name="content">Gives exactly <paramref name="length"/> bytes, or throws <see cref="IOException"/>. Forward only.</param>
    /// <param name="length">Bytes in this answer; 0 when the range lies past the end.</param>
    /// <param name="objectLength">Bytes in the whole object.</param>
    public sealed class Found(Stream content, long length, long objectLength) : ObjectRead
    {
        public Stream Content { get; } = content;

        public long Length { get; } = length;

        public long ObjectLength { get; } = objectLength;

        public override async ValueTask DisposeAsync()
        {
            await Content.DisposeAsync();
            await base.DisposeAsync();
        }
    }

    public sealed class NotFound : ObjectRead;

    /// <summary>The object exists but is offline: restore it with <see cref="IObjectStore.SetTierAsync"/>.</summary>
    public sealed class Archived(TierState state) : ObjectRead
    {
        public TierState State { get; } = state;
    }
}
