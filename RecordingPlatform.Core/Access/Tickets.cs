using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Core.Access;

/// <summary>A ticket that holds, and what it opens.</summary>
public sealed record OpenedTicket(Ticket Ticket, Caller Caller, Recording Recording, ObjectRow Target)
{
    /// <summary>Whether its first byte is on record.</summary>
    public bool IsAudited { get; set; } = Ticket.FirstUsedAt is not null;
}

/// <summary>Issues tickets and honours them. What they allow is decided anew at every opening, which lasts a second (<see cref="RecentOpenings"/>).</summary>
public sealed class Tickets(RecordingDb db, EnvelopeKeys keys, Callers callers, AuditTrail audit, RecentOpenings recent, IOptions<AccessOptions> options)
{
    /// <summary>A ticket to play, or with <paramref name="attachment"/> to save, one object of a recording.</summary>
    public async Task<(string Text, DateTimeOffset ExpiresAt)> IssuePlaybackAsync(Recording recording, ObjectRow target, bool attachment, string? reason,
        Caller caller, CancellationToken ct)
    {
        using var key = await keys.SigningKeyAsync(ServiceKeyPurpose.Ticket, ct);
        var now = await db.NowAsync(ct);
        var ticket = new Ticket
        {
            Id = Guid.CreateVersion7(),
            Kind = TicketKind.Playback,
            SessionId = caller.SessionId,
            ApiKeyId = caller.ApiKeyId,
            RecordingId = recording.Id,
            ObjectId = target.Id,
            Attachment = attachment,
            // Whole seconds, as the signed text carries them.
            ExpiresAt = DateTimeOffset.FromUnixTimeSeconds((now + options.Value.PlaybackTicketLifetime).ToUnixTimeSeconds()),
        };
        db.Tickets.Add(ticket);
        await audit.RecordAsync(AuditAction.PlaybackTicketIssued, caller, ct, AuditTarget.Of(recording), new { ticket_id = ticket.Id, object_id = target.Id, attachment }, reason);
        await db.SaveChangesAsync(ct);
        var text = new PlaybackTicket(key.Id, ticket.Id, target.Id, BearerOf(ticket), ticket.ExpiresAt).Sign(key.Key.Span);
        return (text, ticket.ExpiresAt);
    }

    /// <summary>Opens a playback ticket; null when it is forged, expired, revoked or no longer justified.</summary>
    public async Task<OpenedTicket?> OpenPlaybackAsync(string text, CancellationToken ct)
    {
        if (PlaybackTicket.Read(text) is not { } read || await keys.VerificationKeyAsync(read.KeyId, ct) is not { } key)
            return null;
        using (key)
        {
            if (!PlaybackTicket.Verify(text, key.Key.Span))
                return null;
        }
        var held = await db.Tickets.AsNoTracking()
            .Where(t => t.Id == read.TicketId && t.Kind == TicketKind.Playback && t.ObjectId == read.ObjectId && t.RevokedAt == null && t.ExpiresAt > RecordingDb.Now())
            .Select(t => new { Ticket = t, Left = t.ExpiresAt - RecordingDb.Now() })
            .SingleOrDefaultAsync(ct);
        if (held?.Ticket is not { } ticket || BearerOf(ticket) != read.BearerId || read.ExpiresAt != ticket.ExpiresAt)
            return null;
        var caller = ticket.SessionId is { } session ? await callers.BySessionIdAsync(session, ct) : await callers.ByApiKeyIdAsync(ticket.ApiKeyId!.Value, ct);
        if (caller is null)
            return null;
        var recording = await db.Recordings.AsNoTracking().VisibleTo(caller).SingleOrDefaultAsync(r => r.Id == ticket.RecordingId && r.DeletedAt == null, ct);
        var target = await db.Objects.AsNoTracking().SingleOrDefaultAsync(o => o.Id == ticket.ObjectId && o.State == ObjectState.Published && o.Deletion == DeletionState.None, ct);
        if (recording is null || target is null)
            return null;
        var rights = await RecordingRights.OfAsync(db, caller, recording, ct);
        if (!(ticket.Attachment ? rights.Download : rights.Play))
            return null;
        var opened = new OpenedTicket(ticket, caller, recording, target);
        recent.Remember(text, opened, held.Left);
        return opened;
    }

    /// <summary>Audits a ticket's first byte: once, however many ranges the player asks for, and on however many replicas.</summary>
    public async Task AuditFirstUseAsync(OpenedTicket opened, Caller from, CancellationToken ct)
    {
        if (opened.IsAudited)
            return;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var first = await db.Tickets.Where(t => t.Id == opened.Ticket.Id && t.FirstUsedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(t => t.FirstUsedAt, t => RecordingDb.Now()), ct);
        if (first == 0)
        {
            opened.IsAudited = true;
            return;
        }
        var action = opened.Ticket.Attachment ? AuditAction.RecordingDownloaded : AuditAction.RecordingPlayed;
        await audit.RecordAsync(action, opened.Caller with { Ip = from.Ip, UserAgent = from.UserAgent }, ct, AuditTarget.Of(opened.Recording),
            new { ticket_id = opened.Ticket.Id, object_id = opened.Target.Id });
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        opened.IsAudited = true;
    }

    /// <summary>A ticket for one upload by a browser.</summary>
    public async Task<(SecretToken Token, DateTimeOffset ExpiresAt)> IssueUploadAsync(Caller caller, CancellationToken ct)
    {
        var token = SecretToken.Create(SecretToken.UploadTicket);
        var expiresAt = await db.NowAsync(ct) + options.Value.UploadTicketLifetime;
        var ticket = new Ticket
        {
            Id = Guid.CreateVersion7(),
            Kind = TicketKind.Upload,
            TokenHash = token.Hash(),
            SessionId = caller.SessionId,
            ApiKeyId = caller.ApiKeyId,
            ExpiresAt = expiresAt,
        };
        db.Tickets.Add(ticket);
        await audit.RecordAsync(AuditAction.UploadTicketIssued, caller, ct, new AuditTarget("ticket", ticket.Id));
        await db.SaveChangesAsync(ct);
        return (token, expiresAt);
    }

    /// <summary>Spends an upload ticket: the first request that brings it gets its caller, every later one null.</summary>
    public async Task<Caller?> SpendUploadAsync(string token, CancellationToken ct)
    {
        var hash = SecretToken.HashOf(token);
        var spent = await db.Tickets.Where(t => t.TokenHash == hash && t.Kind == TicketKind.Upload && t.FirstUsedAt == null && t.RevokedAt == null && t.ExpiresAt > RecordingDb.Now())
            .ExecuteUpdateAsync(set => set.SetProperty(t => t.FirstUsedAt, t => RecordingDb.Now()), ct);
        if (spent == 0)
            return null;
        var ticket = await db.Tickets.AsNoTracking().SingleAsync(t => t.TokenHash == hash, ct);
        return ticket.SessionId is { } session ? await callers.BySessionIdAsync(session, ct) : await callers.ByApiKeyIdAsync(ticket.ApiKeyId!.Value, ct);
    }

    static Guid BearerOf(Ticket ticket) => ticket.SessionId ?? ticket.ApiKeyId!.Value;
}
