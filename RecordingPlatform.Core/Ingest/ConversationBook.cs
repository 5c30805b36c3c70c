using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Events;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Core.Ingest;

/// <summary>What a source says of a conversation; whatever it does not say is null.</summary>
public sealed record ReportedConversation
{
    public required Guid SourceId { get; init; }

    /// <summary>Every id by which the source speaks of it; the first names it here.</summary>
    public required IReadOnlyList<string> Keys { get; init; }

    public required ConversationKind Kind { get; init; }
    public Direction Direction { get; init; }
    public string? Title { get; init; }
    public string? CallerPhone { get; init; }
    public string? ReceiverPhone { get; init; }
    public string? MeetingId { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public IReadOnlyList<ReportedParticipant> Participants { get; init; } = [];
}

/// <param name="Identity">What tells them from others of the same conversation.</param>
/// <param name="DisplayName">As people call them.</param>
/// <param name="Phone">Where they were reached.</param>
/// <param name="Role">What they are in it.</param>
public sealed record ReportedParticipant(string Identity, string? DisplayName = null, string? Phone = null, string? Role = null);

/// <summary>
/// Writes down what sources report of conversations. Reports come late, twice and in any order: what is known stays, what is
/// not known yet is filled in, times only widen. Safe to run twice for the same reason.
/// </summary>
public sealed class ConversationBook(RecordingDb db)
{
    /// <summary>The conversation that any of the keys names, made when none does. Runs in the caller's transaction and leaves it locked.</summary>
    /// <returns>The tracked row, and whether this report changed anything of it.</returns>
    public async Task<(Conversation Conversation, bool Changed)> WriteAsync(ReportedConversation report, CancellationToken ct)
    {
        await LockKeysAsync(report, ct);
        var now = await db.NowAsync(ct);
        var conversation = await FindAsync(report, ct);
        var changed = conversation is null;
        if (conversation is null)
        {
            conversation = new Conversation
            {
                Id = Guid.CreateVersion7(),
                SourceId = report.SourceId,
                ExternalId = report.Keys[0],
                Kind = report.Kind,
                StartedAt = report.StartedAt ?? now,
            };
            db.Conversations.Add(conversation);
        }
        changed |= Fill(conversation, report);
        changed |= await JoinAsync(conversation, report.Participants, ct);
        if (changed)
        {
            conversation.UpdatedAt = now;
            db.Events.Add(new EventRow { Kind = "conversation.changed", ConversationId = conversation.Id });
        }
        await db.SaveChangesAsync(ct);
        foreach (var key in report.Keys)
            await db.Database.ExecuteSqlAsync($"insert into conversation_keys (source_id, key, conversation_id) values ({report.SourceId}, {key}, {conversation.Id}) on conflict do nothing", ct);
        return (conversation, changed);
    }

    // Two reports of one conversation meet here, before there is a row to lock. Sorted, so that none waits for another in a ring.
    async Task LockKeysAsync(ReportedConversation report, CancellationToken ct)
    {
        foreach (var key in report.Keys.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
            await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtextextended('conversation ' || {report.SourceId} || ' ' || {key}, 0))", ct);
    }

    async Task<Conversation?> FindAsync(ReportedConversation report, CancellationToken ct)
    {
        var keys = report.Keys.ToArray();
        // The key that names it first: a leg that once stood alone does not take the whole call with it.
        var known = await db.ConversationKeys.Where(k => k.SourceId == report.SourceId && keys.Contains(k.Key)).ToListAsync(ct);
        var id = keys.Select(key => known.Find(k => k.Key == key)?.ConversationId).FirstOrDefault(found => found is not null)
            ?? await db.Conversations.Where(c => c.SourceId == report.SourceId && c.ExternalId == keys[0]).Select(c => (Guid?)c.Id).SingleOrDefaultAsync(ct);
        return id is { } conversation
            ? (await db.Conversations.FromSql($"select * from conversations where id = {conversation} for no key update").ToListAsync(ct)).Single()
            : null;
    }

    static bool Fill(Conversation conversation, ReportedConversation report)
    {
        var before = (conversation.Direction, conversation.Title, conversation.CallerPhone, conversation.ReceiverPhone, conversation.MeetingId, conversation.StartedAt, conversation.EndedAt, conversation.Kind);
        if (conversation.Direction == Direction.None)
            conversation.Direction = report.Direction;
        // An alarm is a call that a camera goes with: the report that says so may be the second.
        if (conversation.Kind == ConversationKind.Call && report.Kind == ConversationKind.Alarm)
            conversation.Kind = ConversationKind.Alarm;
        conversation.Title ??= report.Title;
        conversation.CallerPhone ??= report.CallerPhone;
        conversation.ReceiverPhone ??= report.ReceiverPhone;
        conversation.MeetingId ??= report.MeetingId;
        if (report.StartedAt < conversation.StartedAt)
            conversation.StartedAt = report.StartedAt.Value;
        if (conversation.EndedAt is null || report.EndedAt > conversation.EndedAt)
            conversation.EndedAt = report.EndedAt ?? conversation.EndedAt;
        return before != (conversation.Direction, conversation.Title, conversation.CallerPhone, conversation.ReceiverPhone, conversation.MeetingId, conversation.StartedAt, conversation.EndedAt, conversation.Kind);
    }

    async Task<bool> JoinAsync(Conversation conversation, IReadOnlyList<ReportedParticipant> reported, CancellationToken ct)
    {
        if (reported.Count == 0)
            return false;
        var known = await db.Participants.Where(p => p.ConversationId == conversation.Id).ToListAsync(ct);
        var changed = false;
        foreach (var one in reported.DistinctBy(p => p.Identity, StringComparer.Ordinal))
        {
            var participant = known.Find(p => p.Identity == one.Identity);
            if (participant is null)
            {
                db.Participants.Add(new Participant { Id = Guid.CreateVersion7(), ConversationId = conversation.Id, Identity = one.Identity, DisplayName = one.DisplayName, Phone = one.Phone, Role = one.Role });
                changed = true;
                continue;
            }
            var before = (participant.DisplayName, participant.Phone, participant.Role);
            participant.DisplayName ??= one.DisplayName;
            participant.Phone ??= one.Phone;
            participant.Role ??= one.Role;
            changed |= before != (participant.DisplayName, participant.Phone, participant.Role);
        }
        return changed;
    }
}
