using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Core.Completeness;

public abstract record ExpectationChange
{
    public sealed record Done : ExpectationChange;
    /// <summary>Or not the caller's to see.</summary>
    public sealed record NotFound : ExpectationChange;
    /// <summary>Its recording is there: nothing is missing.</summary>
    public sealed record Received : ExpectationChange;
    public sealed record CannotLook(string Why) : ExpectationChange;
}

/// <summary>What a person may do about a recording that is missing. Each in one transaction with its audit row and event.</summary>
public sealed class ExpectationChanges(RecordingDb db, AuditTrail audit)
{
    public const int MaxReasonLength = 500;

    /// <summary>As long as retrieval goes on by itself after a report.</summary>
    public static readonly TimeSpan LooksFor = TimeSpan.FromHours(24);

    /// <summary>Has it looked for at once and for <see cref="LooksFor"/>, also when it was said to be absent.</summary>
    public async Task<ExpectationChange> RetryAsync(Guid id, Caller caller, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (await LockAsync(id, caller, ct) is not { } expectation)
            return new ExpectationChange.NotFound();
        if (expectation.State == ExpectationState.Received)
            return new ExpectationChange.Received();
        var source = await db.Sources.AsNoTracking().SingleAsync(s => s.Id == expectation.SourceId, ct);
        if (WhyNotLook(source, expectation) is { } why)
            return new ExpectationChange.CannotLook(why);
        var (was, now) = (expectation.State, await db.NowAsync(ct));
        expectation.State = expectation.DueAt > now ? ExpectationState.Expected : ExpectationState.Late;
        expectation.LateAt = expectation.State == ExpectationState.Late ? expectation.LateAt ?? now : null;
        (expectation.AbsentReason, expectation.RecordingId, expectation.LastProblem) = (null, null, null);
        (expectation.LookFrom, expectation.LookAt, expectation.LookUntil) = (now, now, now + LooksFor);
        await SaveAsync(expectation, now, AuditAction.ExpectationRetried, was, caller, reason: null, ct);
        await WatchSource.EnsureAsync(db, expectation.SourceId, ct);
        await transaction.CommitAsync(ct);
        return new ExpectationChange.Done();
    }

    /// <summary>Takes somebody's word that there is none, and looks no further.</summary>
    public async Task<ExpectationChange> MarkAbsentAsync(Guid id, string reason, Caller caller, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (await LockAsync(id, caller, ct) is not { } expectation)
            return new ExpectationChange.NotFound();
        if (expectation.State == ExpectationState.Received)
            return new ExpectationChange.Received();
        var was = expectation.State;
        (expectation.State, expectation.AbsentReason) = (ExpectationState.Absent, reason);
        (expectation.LookFrom, expectation.LookAt, expectation.LookUntil) = (null, null, null);
        await SaveAsync(expectation, await db.NowAsync(ct), AuditAction.ExpectationMarkedAbsent, was, caller, reason, ct);
        await transaction.CommitAsync(ct);
        return new ExpectationChange.Done();
    }

    /// <summary>Null when retrieval can look for it; else a sentence that says why not and what to do.</summary>
    public static string? WhyNotLook(Source source, Expectation expectation)
    {
        if (source.Kind is not (SourceKind.Freepbx or SourceKind.Jibri))
            return "Nothing is fetched from a source of this kind: its recordings are brought. Bring this one, or say that there is none.";
        if (expectation.ExternalId.StartsWith(CameraClip.ExpectationOf(""), StringComparison.Ordinal))
            return "A camera shows what is, not what was: its clip cannot be fetched afterwards. Say that there is none.";
        if (!source.Enabled)
            return "The source is switched off. Switch it on under Sources, then look again.";
        return source.MediaLocation is null ? "The source has no media location to look in. Set one under Sources, then look again." : null;
    }

    // Whoever settles it meanwhile is waited for, and seen.
    async Task<Expectation?> LockAsync(Guid id, Caller caller, CancellationToken ct) =>
        db.ExpectationsVisibleTo(caller) is { } visible && await visible.AnyAsync(e => e.Id == id, ct)
            ? (await db.Expectations.FromSql($"select * from expectations where id = {id} for no key update").ToListAsync(ct)).SingleOrDefault() : null;

    async Task SaveAsync(Expectation expectation, DateTimeOffset now, AuditAction action, ExpectationState was, Caller caller, string? reason, CancellationToken ct)
    {
        expectation.UpdatedAt = now;
        db.Events.Add(expectation.Changed());
        var subject = await db.Conversations.Where(c => c.Id == expectation.ConversationId).Select(c => c.SubjectId).SingleAsync(ct);
        await audit.RecordAsync(action, caller, ct, new AuditTarget("expectation", expectation.Id, SubjectId: subject),
            new { conversation_id = expectation.ConversationId, source_id = expectation.SourceId, medium = SnakeCase.Of(expectation.Medium), was = SnakeCase.Of(was), state = SnakeCase.Of(expectation.State) }, reason);
        await db.SaveChangesAsync(ct);
    }
}
