using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Audit;

/// <summary>When a view of a caller's was last audited.</summary>
public sealed class LiveView
{
    public Guid ViewerId { get; init; }
    public required byte[] View { get; init; }
    public DateTimeOffset AuditedAt { get; init; }
}

/// <summary>
/// Audits what was looked at. A page that refreshes itself says so, and is then one row for each session, view and ten
/// minutes; whoever looks by hand is audited every time.
/// </summary>
public sealed class ViewTrail(RecordingDb db, AuditTrail audit)
{
    /// <summary>Saves the row, unless the refresh of a view that was audited within the ten minutes needs none.</summary>
    /// <param name="action">Listed or viewed.</param>
    /// <param name="caller">Who looks.</param>
    /// <param name="view">All that says what is looked at, filters and page included.</param>
    /// <param name="live">A refresh nobody asked for by hand.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="target">What the row is about.</param>
    /// <param name="facts">Ids, counts and codes.</param>
    public async Task RecordAsync(AuditAction action, Caller caller, string view, bool live, CancellationToken ct, AuditTarget target = default, object? facts = null)
    {
        var viewer = caller.SessionId ?? caller.ApiKeyId ?? throw new InvalidOperationException("Only a session or an API key looks at recordings.");
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{(int)action}\n{view}"));
        // One statement decides, so that two refreshes at once are one row. Locked rows are somebody's own to renew.
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var due = await db.Database.ExecuteSqlAsync($"""
            with forgotten as (
                delete from live_views where (viewer_id, view) in (
                    select viewer_id, view from live_views
                    where audited_at <= app_now() - interval '10 minutes' and (viewer_id, view) <> ({viewer}, {hash})
                    limit 20 for update skip locked)
            )
            insert into live_views (viewer_id, view) values ({viewer}, {hash})
            on conflict (viewer_id, view) do update set audited_at = app_now()
            where not {live} or live_views.audited_at <= app_now() - interval '10 minutes'
            """, ct);
        if (due == 0)
            return;
        await audit.RecordAsync(action, caller, ct, target, facts);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
    }
}
