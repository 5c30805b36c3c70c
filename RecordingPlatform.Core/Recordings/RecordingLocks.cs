using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Core.Recordings;

/// <summary>The one order in which rows are locked: subject, conversation, recording.</summary>
public static class RecordingLocks
{
    /// <summary>Locks a recording for change, with what a hold could be placed on locked against one arriving meanwhile.</summary>
    /// <returns>The tracked recording as it is under the lock, or null when there is none.</returns>
    public static async Task<Recording?> LockForChangeAsync(this RecordingDb db, Guid recordingId, CancellationToken ct)
    {
        var keys = await db.Recordings.AsNoTracking().Where(r => r.Id == recordingId).Select(r => new { r.SubjectId, r.ConversationId }).SingleOrDefaultAsync(ct);
        if (keys is null)
            return null;
        if (keys.SubjectId is { } subject)
            await db.Database.ExecuteSqlAsync($"select 1 from subjects where id = {subject} for share", ct);
        await db.Database.ExecuteSqlAsync($"select 1 from conversations where id = {keys.ConversationId} for share", ct);
        var locked = await db.Recordings.FromSql($"select * from recordings where id = {recordingId} for update").ToListAsync(ct);
        return locked.SingleOrDefault();
    }
}
