using System.IO.Pipelines;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Sealing;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Core.Objects;

/// <summary>Opens published objects for reading: whole or by range, never a byte before its segment was verified.</summary>
public sealed class ObjectReader(IObjectStore store, EnvelopeKeys keys, TimeProvider clock)
{
    /// <exception cref="KeyUnavailableException">The key service is away and the key is not at hand.</exception>
    /// <exception cref="ObjectUnreadableException">The store has lost the object, or holds it in an archive.</exception>
    /// <exception cref="SealedObjectException">The object is not what was written.</exception>
    public async Task<OpenObject> OpenAsync(RecordingDb db, ObjectRow row, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        using var key = await keys.OpenAsync(db, row.DataKeyId, ct);
        var reader = await SealedObjectReader.OpenAsync(
            (offset, length, token) => ReadSealedAsync(row, offset, length, token),
            new SealedObjectIdentity(row.DataKeyId, row.OwnerId, row.Id) { KeyCheck = row.KeyCheck }, key.Memory, row.PlaintextLength!.Value, ct);
        ObjectTelemetry.WasOpened(row, clock.GetElapsedTime(began));
        return new OpenObject(row, reader);
    }

    async Task<Stream> ReadSealedAsync(ObjectRow row, long offset, long length, CancellationToken ct) =>
        await store.ReadAsync(row.Name, offset, length, ct) switch
        {
            ObjectRead.Found found => found.Content,
            ObjectRead.Archived => throw new ObjectUnreadableException(row.Id, ObjectUnreadable.Archived),
            _ => throw new ObjectUnreadableException(row.Id, ObjectUnreadable.Missing),
        };
}

/// <summary>An object whose header was checked. Positions and lengths are of the plaintext.</summary>
public sealed class OpenObject(ObjectRow row, SealedObjectReader reader) : IDisposable
{
    public long Length => row.PlaintextLength!.Value;

    public async Task CopyRangeAsync(long offset, long length, PipeWriter destination, CancellationToken ct)
    {
        await reader.CopyRangeAsync(offset, length, destination, ct);
        ObjectTelemetry.WasRead(row, length);
    }

    /// <summary>The last bytes; what is called the end was verified to be the end.</summary>
    public async Task CopySuffixAsync(long length, PipeWriter destination, CancellationToken ct)
    {
        await reader.CopySuffixAsync(length, destination, ct);
        ObjectTelemetry.WasRead(row, length);
    }

    public async Task<byte[]> ReadAllAsync(CancellationToken ct)
    {
        using var bytes = new MemoryStream(checked((int)Length));
        var pipe = PipeWriter.Create(bytes, new StreamPipeWriterOptions(leaveOpen: true));
        await reader.CopyRangeAsync(0, Length, pipe, ct);
        await pipe.CompleteAsync();
        return bytes.ToArray();
    }

    public void Dispose() => reader.Dispose();
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
