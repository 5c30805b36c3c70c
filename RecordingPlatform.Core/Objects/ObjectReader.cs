using System.Collections.Concurrent;
using System.IO.Pipelines;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Redis;
using RecordingPlatform.Core.Sealing;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Core.Objects;

/// <summary>
/// Opens published objects for reading: whole or by range, never a byte before its segment was verified. Headers that were
/// checked are kept while their data key is held (less than 60 s), so that a seek is one ranged get. For playback
/// the headers themselves are kept in Redis too, so that the first seek on a replica is one as well.
/// </summary>
public sealed class ObjectReader : IDisposable
{
    readonly IObjectStore _store;
    readonly EnvelopeKeys _keys;
    readonly SealedHeaderCache _shared;
    readonly TimeProvider _clock;
    readonly ConcurrentDictionary<Guid, OpenedHeader> _headers = new(); // by data key

    public ObjectReader(IObjectStore store, EnvelopeKeys keys, RedisCache cache, TimeProvider clock)
    {
        (_store, _keys, _shared, _clock) = (store, keys, new(cache), clock);
        keys.TellReleased(Drop);
    }

    /// <exception cref="KeyUnavailableException">The key service is away and the key is not at hand.</exception>
    /// <exception cref="ObjectUnreadableException">The store has lost the object, or holds it in an archive.</exception>
    /// <exception cref="SealedObjectException">The object is not what was written.</exception>
    public async Task<OpenObject> OpenAsync(RecordingDb db, ObjectRow row, CancellationToken ct)
    {
        var began = _clock.GetTimestamp();
        if (TryOpenKept(row) is { } kept)
            return kept;
        using var key = await _keys.OpenAsync(db, row.DataKeyId, ct);
        var reader = await SealedObjectReader.OpenAsync(SourceOf(row), IdentityOf(row), key.Memory, row.PlaintextLength!.Value, ct);
        Keep(row.DataKeyId, reader);
        ObjectTelemetry.WasOpened(row, _clock.GetElapsedTime(began));
        return new OpenObject(row, reader, key.Revoked);
    }

    /// <summary>
    /// As <see cref="OpenAsync"/>, but may take the header from Redis. Then it is the first copy that finds the store's object gone or
    /// archived, which is soon enough for an answer that has not begun.
    /// </summary>
    public async Task<OpenObject> OpenForPlaybackAsync(RecordingDb db, ObjectRow row, CancellationToken ct)
    {
        if (TryOpenKept(row) is { } kept)
            return kept;
        if (row.Tier is Tier.Archive)
            return await OpenAsync(db, row, ct);
        var began = _clock.GetTimestamp();
        var looking = _shared.TryGetAsync(row, ct).AsTask(); // on its way while the key is opened
        using var key = await _keys.OpenAsync(db, row.DataKeyId, ct);
        var reader = TryOpenShared(row, await looking, key.Memory);
        if (reader is null)
        {
            reader = await SealedObjectReader.OpenAsync(SourceOf(row), IdentityOf(row), key.Memory, row.PlaintextLength!.Value, ct);
            _shared.Keep(row, reader.HeaderBytes);
        }
        Keep(row.DataKeyId, reader);
        ObjectTelemetry.WasOpened(row, _clock.GetElapsedTime(began));
        return new OpenObject(row, reader, key.Revoked);
    }

    /// <summary>Opens without asking the database, the key or the store; null when the header is not kept. Whether the object may be read is the caller's to know.</summary>
    public OpenObject? TryOpenKept(ObjectRow row)
    {
        if (!_keys.Holds(row.DataKeyId, out var revoked) || !_headers.TryGetValue(row.DataKeyId, out var header)
            || header.Identity != IdentityOf(row) || header.PlaintextLength != row.PlaintextLength)
            return null;
        try
        {
            return new OpenObject(row, SealedObjectReader.Open(SourceOf(row), header), revoked);
        }
        catch (ObjectDisposedException)
        {
            return null; // released between the look and the copy
        }
    }

    /// <summary>How many headers are kept. Each holds what was derived from a key, so none may outlive it.</summary>
    internal int Kept => _headers.Count;

    public void Dispose()
    {
        foreach (var (id, _) in _headers)
            Drop(id);
    }

    // Whatever lies in Redis: what does not open with this row's key is as if it were not there.
    SealedObjectReader? TryOpenShared(ObjectRow row, byte[]? header, ReadOnlyMemory<byte> key)
    {
        if (header is null)
            return null;
        try
        {
            var reader = SealedObjectReader.Open(SourceOf(row), header, IdentityOf(row), key, row.PlaintextLength!.Value);
            SealedHeaderCache.Opened();
            return reader;
        }
        catch (SealedObjectException)
        {
            _shared.Forget(row);
            return null;
        }
    }

    void Keep(Guid dataKeyId, SealedObjectReader reader)
    {
        var header = reader.KeepHeader();
        if (!_headers.TryAdd(dataKeyId, header))
        {
            header.Dispose(); // two opened at once; readers work on copies
            return;
        }
        // Looked at after it stands: whoever released the key meanwhile either found it or is found here.
        if (!_keys.Holds(dataKeyId, out _))
            Drop(dataKeyId);
    }

    void Drop(Guid dataKeyId)
    {
        if (_headers.TryRemove(dataKeyId, out var header))
            header.Dispose();
    }

    static SealedObjectIdentity IdentityOf(ObjectRow row) => new(row.DataKeyId, row.OwnerId, row.Id) { KeyCheck = row.KeyCheck };

    SealedRangeSource SourceOf(ObjectRow row) => (offset, length, ct) => ReadSealedAsync(row, offset, length, ct);

    async Task<Stream> ReadSealedAsync(ObjectRow row, long offset, long length, CancellationToken ct) =>
        await _store.ReadAsync(row.Name, offset, length, ct) switch
        {
            ObjectRead.Found found => found.Content,
            ObjectRead.Archived => throw new ObjectUnreadableException(row.Id, ObjectUnreadable.Archived),
            _ => throw new ObjectUnreadableException(row.Id, ObjectUnreadable.Missing),
        };
}

/// <summary>
/// An object whose header was checked. Positions and lengths are of the plaintext. A reading that outlives every cache ends
/// when the KEK is denied.
/// </summary>
/// <exception cref="KeyRevokedException">From copying: what was copied so far is no whole answer.</exception>
public sealed class OpenObject(ObjectRow row, SealedObjectReader reader, CancellationToken revoked) : IDisposable
{
    public long Length => row.PlaintextLength!.Value;

    public Task CopyRangeAsync(long offset, long length, PipeWriter destination, CancellationToken ct) =>
        UnlessRevokedAsync(token => reader.CopyRangeAsync(offset, length, destination, token), length, ct);

    /// <summary>The last bytes; what is called the end was verified to be the end.</summary>
    public Task CopySuffixAsync(long length, PipeWriter destination, CancellationToken ct) =>
        UnlessRevokedAsync(token => reader.CopySuffixAsync(length, destination, token), length, ct);

    public async Task<byte[]> ReadAllAsync(CancellationToken ct)
    {
        using var bytes = new MemoryStream(checked((int)Length));
        var pipe = PipeWriter.Create(bytes, new StreamPipeWriterOptions(leaveOpen: true));
        await CopyRangeAsync(0, Length, pipe, ct);
        await pipe.CompleteAsync();
        return bytes.ToArray();
    }

    public void Dispose() => reader.Dispose();

    async Task UnlessRevokedAsync(Func<CancellationToken, Task> copy, long length, CancellationToken ct)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, revoked);
        try
        {
            await copy(either.Token);
            ObjectTelemetry.WasRead(row, length);
        }
        catch (OperationCanceledException) when (revoked.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new KeyRevokedException(row.DataKeyId);
        }
    }
}

public enum ObjectUnreadable { Missing, Archived }

public sealed class ObjectUnreadableException(Guid objectId, ObjectUnreadable why) : Exception(why switch
{
    ObjectUnreadable.Missing => $"The store no longer holds object {objectId}: compare the database with the store (worker fsck).",
    ObjectUnreadable.Archived => $"Object {objectId} is archived: restore it first.",
    _ => throw new ArgumentOutOfRangeException(nameof(why)),
})
{
    public ObjectUnreadable Why => why;
}
