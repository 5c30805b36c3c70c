using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.FreePbx;
using RecordingPlatform.Core.Jibri;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Core.Ingest;

/// <summary>What was made of a report.</summary>
public abstract record Applied
{
    /// <param name="ConversationId">What it spoke of.</param>
    /// <param name="RecordingId">The one recording that it named, if it named one that is known.</param>
    public sealed record To(Guid ConversationId, Guid? RecordingId = null) : Applied;

    /// <summary>Nothing is to be made of it; why is on record.</summary>
    public sealed record Nothing(string Why) : Applied;
}

/// <summary>
/// Makes conversations, expectations and work of what sources reported. Safe to run twice: a report only adds what is not
/// known yet, and its own state changes in the transaction that did so.
/// </summary>
public sealed class EventApplier(RecordingDb db, EnvelopeKeys keys, AuditTrail audit)
{
    /// <summary>Applies one event unless somebody has; false when it was not waiting any more.</summary>
    /// <exception cref="KeyUnavailableException">Its body cannot be opened now.</exception>
    public async Task<bool> ApplyAsync(Guid eventId, CancellationToken ct)
    {
        var row = await db.RawEvents.AsNoTracking().SingleOrDefaultAsync(e => e.Id == eventId, ct);
        if (row is not { State: RawEventState.Received, Body: { } sealedBody, BodyMasterKeyId: { } master })
            return false;
        var source = await db.Sources.AsNoTracking().SingleAsync(s => s.Id == row.SourceId, ct);
        // The key service is asked before a transaction waits for its answer.
        var body = await keys.UnsealAsync("raw_events", row.Id, master, sealedBody, ct);

        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var locked = await db.RawEvents.FromSql($"select * from raw_events where id = {eventId} and state = 'received' for update").ToListAsync(ct);
        if (locked is not [var incoming])
            return false;
        switch (await MakeAsync(source, incoming, body, ct))
        {
            case Applied.To to:
                (incoming.State, incoming.ConversationId, incoming.RecordingId) = (RawEventState.Applied, to.ConversationId, to.RecordingId);
                incoming.SubjectId = await db.Conversations.Where(c => c.Id == to.ConversationId).Select(c => c.SubjectId).SingleAsync(ct);
                break;
            case Applied.Nothing nothing:
                (incoming.State, incoming.Refusal) = (RawEventState.Ignored, nothing.Why);
                break;
        }
        incoming.AppliedAt = await db.NowAsync(ct);
        incoming.LastError = null;
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    Task<Applied> MakeAsync(Source source, RawEvent incoming, ReadOnlyMemory<byte> body, CancellationToken ct) => source.Kind switch
    {
        SourceKind.Freepbx => new CallBook(db).WriteAsync(source, incoming, body, ct),
        SourceKind.Jibri => new MeetingBook(db, audit).WriteAsync(source, incoming, body, ct),
        _ => Task.FromResult<Applied>(new Applied.Nothing($"Nothing here reads reports of the kind {SnakeCase.Of(source.Kind)}.")),
    };
}
