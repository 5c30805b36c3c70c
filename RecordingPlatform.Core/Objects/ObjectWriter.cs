using System.Data.Common;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Sealing;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Core.Objects;

/// <summary>What a new object will be, known before its first byte.</summary>
public sealed record ObjectDraft
{
    public required OwnerKind OwnerKind { get; init; }
    public required Guid OwnerId { get; init; }
    public required ObjectRole Role { get; init; }
    public string Variant { get; init; } = "";
}

/// <summary>
/// Begins sealed objects: a row in state writing, then bytes in the store, then one transaction that publishes. Whatever
/// happens in between leaves either nothing or a writing row whose lease runs out, which <see cref="ObjectSweeper"/> removes.
/// </summary>
public sealed class ObjectWriter(IObjectStore store, EnvelopeKeys keys, IDbContextFactory<RecordingDb> databases, ObjectSweeper sweeper, TimeProvider clock, ILogger<ObjectWriter> logger)
{
    // Long enough for a store that stalls; a writer that lives renews it long before.
    internal static readonly TimeSpan Lease = TimeSpan.FromMinutes(10);

    public async Task<PendingObject> BeginAsync(ObjectDraft draft, CancellationToken ct)
    {
        var id = Guid.CreateVersion7();
        ObjectRow row;
        await using (var db = await databases.CreateDbContextAsync(ct))
        {
            row = new ObjectRow
            {
                Id = id,
                OwnerKind = draft.OwnerKind,
                OwnerId = draft.OwnerId,
                Role = draft.Role,
                Variant = draft.Variant,
                Name = $"{draft.OwnerId:N}/{id:N}",
                DataKeyId = Guid.CreateVersion7(),
                State = ObjectState.Writing,
                WritingUntil = await db.NowAsync(ct) + Lease,
            };
            db.Objects.Add(row);
            await db.SaveChangesAsync(ct);
        }
        var key = RandomNumberGenerator.GetBytes(32);
        var upload = await CreateAsync(row, ct);
        var writer = SealedObjectWriter.Create(upload.Content, new SealedObjectIdentity(row.DataKeyId, row.OwnerId, row.Id), key);
        return new PendingObject(row, key, upload, writer, keys, databases, sweeper, clock, logger);
    }

    async Task<ObjectUpload> CreateAsync(ObjectRow row, CancellationToken ct)
    {
        try
        {
            return await store.CreateAsync(row.Name, ct);
        }
        catch
        {
            // Nobody holds anything yet that would remove it.
            await PendingObject.RemoveAsync(row.Id, sweeper, logger);
            throw;
        }
    }
}

/// <summary>An object being written. Disposing it before it was published removes it.</summary>
public sealed partial class PendingObject : IAsyncDisposable
{
    static readonly TimeSpan RenewEvery = TimeSpan.FromMinutes(2);

    readonly byte[] _key;
    readonly ObjectUpload _upload;
    readonly SealedObjectWriter _writer;
    readonly EnvelopeKeys _keys;
    readonly IDbContextFactory<RecordingDb> _databases;
    readonly ObjectSweeper _sweeper;
    readonly TimeProvider _clock;
    readonly ILogger _logger;
    readonly long _beganAt;
    long _renewedAt;

    internal PendingObject(ObjectRow row, byte[] key, ObjectUpload upload, SealedObjectWriter writer, EnvelopeKeys keys,
        IDbContextFactory<RecordingDb> databases, ObjectSweeper sweeper, TimeProvider clock, ILogger logger)
    {
        (Row, _key, _upload, _writer, _keys, _databases, _sweeper, _clock, _logger) = (row, key, upload, writer, keys, databases, sweeper, clock, logger);
        _renewedAt = _beganAt = clock.GetTimestamp();
    }

    public ObjectRow Row { get; }

    /// <summary>Set by <see cref="CompleteAsync"/>.</summary>
    public SealedObjectFacts? Facts { get; private set; }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> plaintext, CancellationToken ct)
    {
        await _writer.WriteAsync(plaintext, ct);
        await RenewAsync(ct);
    }

    /// <summary>As <see cref="SealedObjectWriter.GetMemoryAsync"/>.</summary>
    public async ValueTask<Memory<byte>> GetMemoryAsync(CancellationToken ct)
    {
        await RenewAsync(ct);
        return await _writer.GetMemoryAsync(ct);
    }

    /// <summary>As <see cref="SealedObjectWriter.Advance"/>.</summary>
    public void Advance(int count) => _writer.Advance(count);

    async ValueTask RenewAsync(CancellationToken ct)
    {
        if (_clock.GetElapsedTime(_renewedAt) < RenewEvery)
            return;
        _renewedAt = _clock.GetTimestamp();
        await using var db = await _databases.CreateDbContextAsync(ct);
        await db.Objects.Where(o => o.Id == Row.Id && o.State == ObjectState.Writing)
            .ExecuteUpdateAsync(set => set.SetProperty(o => o.WritingUntil, o => RecordingDb.Now() + ObjectWriter.Lease), ct);
    }

    /// <summary>Seals the last segment and waits until the store holds everything durably.</summary>
    /// <exception cref="ObjectStoreFullException">The store has no room; nothing is left behind.</exception>
    public async Task<SealedObjectFacts> CompleteAsync(CancellationToken ct)
    {
        Facts = await _writer.CompleteAsync(ct);
        if (await _upload.CommitAsync(ct) == PutOutcome.AlreadyExists)
            throw new InvalidOperationException($"The object name {Row.Name} was already taken; names are made from new ids.");
        ObjectTelemetry.WasSealed(Row, Facts.PlaintextLength, _clock.GetElapsedTime(_beganAt));
        return Facts;
    }

    /// <summary>Has the key service do its part before the transaction that publishes, which then waits for nobody.</summary>
    /// <param name="owner">Whose the object will be.</param>
    /// <param name="ct">Cancels the wait.</param>
    /// <exception cref="KekDeniedException">The KEK denies.</exception>
    /// <exception cref="KeyDestroyedException">The owner is no subject and was shredded.</exception>
    public Task PrepareAsync(KeyOwner owner, CancellationToken ct) => _keys.PrepareAsync(owner, ct);

    /// <summary>
    /// Publishes in the caller's transaction: wraps the data key under its owner's and flips the row from writing, guarded
    /// against a sweep that was faster.
    /// </summary>
    /// <exception cref="ObjectSweptException">The write took longer than its lease and was swept.</exception>
    public async Task PublishAsync(RecordingDb db, KeyOwner owner, Guid? recordingId, string? mimeType, string? fileName, CancellationToken ct)
    {
        var facts = Facts ?? throw new InvalidOperationException($"Object {Row.Id} is published before it is complete.");
        await _keys.WrapAsync(db, owner, Row.DataKeyId, Row.Id, _key, ct);
        var published = await db.Objects
            .Where(o => o.Id == Row.Id && o.State == ObjectState.Writing && o.Deletion == DeletionState.None)
            .ExecuteUpdateAsync(set => set
                .SetProperty(o => o.State, ObjectState.Published)
                .SetProperty(o => o.WritingUntil, (DateTimeOffset?)null)
                .SetProperty(o => o.PublishedAt, o => RecordingDb.Now())
                .SetProperty(o => o.RecordingId, recordingId)
                .SetProperty(o => o.MimeType, mimeType)
                .SetProperty(o => o.FileName, fileName)
                .SetProperty(o => o.PlaintextLength, facts.PlaintextLength)
                .SetProperty(o => o.Segments, facts.Segments)
                .SetProperty(o => o.SealedLength, facts.SealedLength)
                .SetProperty(o => o.KeyCheck, facts.KeyCheck)
                .SetProperty(o => o.Sha256, facts.Sha256), ct);
        if (published == 0)
            throw new ObjectSweptException(Row.Id);
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        await _upload.DisposeAsync();
        CryptographicOperations.ZeroMemory(_key);
        // Does nothing to a published row, so it is right after a commit whose answer was lost.
        await RemoveAsync(Row.Id, _sweeper, _logger);
    }

    /// <summary>Removes what was begun and not published.</summary>
    internal static async Task RemoveAsync(Guid id, ObjectSweeper sweeper, ILogger logger)
    {
        try
        {
            await sweeper.RemoveUnpublishedAsync(id, CancellationToken.None);
        }
        catch (Exception e) when (e is DbException or IOException or TimeoutException)
        {
            // What made this necessary is often the same outage, and is what the caller must see; the sweep will come by.
            Log.LeftToSweep(logger, id, e);
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "The unfinished object {ObjectId} could not be removed now; the sweep removes it when its lease ends")]
        public static partial void LeftToSweep(ILogger logger, Guid objectId, Exception exception);
    }
}

/// <summary>A write outlived its lease: another process removed the object before it could be published.</summary>
public sealed class ObjectSweptException(Guid objectId) : Exception($"Object {objectId} was swept before it was published: its writer was silent for longer than its lease.");
