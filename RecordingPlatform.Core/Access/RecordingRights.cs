using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Core.Access;

/// <summary>What a caller may do with one recording that is visible to them.</summary>
/// <param name="Play">Hear it in the player.</param>
/// <param name="Download">Save the original.</param>
/// <param name="ReasonNeeded">Only with a stated reason, which is audited.</param>
public readonly record struct RecordingRights(bool Play, bool Download, bool ReasonNeeded)
{
    /// <summary>Reads the grants in force at this moment: rights are never remembered between two openings.</summary>
    public static async Task<RecordingRights> OfAsync(RecordingDb db, Caller caller, Recording recording, CancellationToken ct)
    {
        var grants = caller.UserId is { } user
            ? await db.Grants.AsNoTracking()
                .Where(g => g.RecordingId == recording.Id && g.UserId == user && g.RevokedAt == null && (g.ExpiresAt == null || g.ExpiresAt > RecordingDb.Now()))
                .ToListAsync(ct)
            : [];
        // Only a grant can have made it visible to somebody whose role does not.
        var byRole = grants.Count == 0 || await db.Recordings.VisibleByRole(caller).AnyAsync(r => r.Id == recording.Id, ct);
        return Decide(caller, recording, byRole, grants);
    }

    /// <summary>The same for several at once.</summary>
    public static async Task<IReadOnlyDictionary<Guid, RecordingRights>> OfEachAsync(RecordingDb db, Caller caller, IReadOnlyCollection<Recording> recordings, CancellationToken ct)
    {
        var ids = recordings.Select(r => r.Id).ToList();
        var grants = caller.UserId is { } user
            ? await db.Grants.AsNoTracking()
                .Where(g => ids.Contains(g.RecordingId) && g.UserId == user && g.RevokedAt == null && (g.ExpiresAt == null || g.ExpiresAt > RecordingDb.Now()))
                .ToListAsync(ct)
            : [];
        var granted = grants.ToLookup(g => g.RecordingId);
        var lent = granted.Select(g => g.Key).ToList();
        var byRole = lent.Count == 0 ? [] : await db.Recordings.VisibleByRole(caller).Where(r => lent.Contains(r.Id)).Select(r => r.Id).ToListAsync(ct);
        return recordings.ToDictionary(r => r.Id, r => Decide(caller, r, !granted.Contains(r.Id) || byRole.Contains(r.Id), [.. granted[r.Id]]));
    }

    internal static RecordingRights Decide(Caller caller, Recording recording, bool seenByRole, IReadOnlyCollection<Grant> grants)
    {
        // Kept by law but closed: nobody but a compliance officer, who says why.
        if (recording.RestrictedAt is not null)
            return new(Play: caller.Is(Role.ComplianceOfficer), Download: false, ReasonNeeded: true);
        var own = (caller.UserId is { } user && recording.UploadedByUserId == user) || (caller.ApiKeyId is { } key && recording.UploadedByKeyId == key);
        var play = own || (seenByRole && caller.May(Permission.RecordingsPlay)) || grants.Any(g => g.Play);
        var download = own || (seenByRole && caller.May(Permission.RecordingsDownload)) || grants.Any(g => g.Download);
        var hearsFreely = own || caller.Is(Role.Admin) || caller.Is(Role.PracticeManager) || grants.Any(g => g.Play);
        return new(play, download, ReasonNeeded: caller.Is(Role.ComplianceOfficer) && !hearsFreely);
    }
}
