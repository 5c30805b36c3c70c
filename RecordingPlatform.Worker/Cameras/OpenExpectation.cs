using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Worker.Cameras;

/// <summary>The expectation of one clip while nobody has settled it.</summary>
static class OpenExpectation
{
    /// <summary>Locked to the end of the caller's transaction; null when it is settled, or was never there.</summary>
    public static async Task<Expectation?> LockAsync(RecordingDb db, CameraClip clip, CancellationToken ct)
    {
        var of = CameraClip.ExpectationOf(clip.Camera);
        var rows = await db.Expectations.FromSql($"select * from expectations where conversation_id = {clip.ConversationId} and medium = 'video' and external_id = {of} for update").ToListAsync(ct);
        return rows.SingleOrDefault(e => e.State is ExpectationState.Expected or ExpectationState.Late);
    }

    /// <summary>Says, with its event, that there will be no clip. Runs in the caller's transaction.</summary>
    /// <returns>Whether it was open.</returns>
    public static async Task<bool> SetAbsentAsync(RecordingDb db, CameraClip clip, string reason, CancellationToken ct)
    {
        if (await LockAsync(db, clip, ct) is not { } expectation)
            return false;
        (expectation.State, expectation.AbsentReason) = (ExpectationState.Absent, reason);
        expectation.UpdatedAt = await db.NowAsync(ct);
        db.Events.Add(expectation.Changed());
        await db.SaveChangesAsync(ct);
        return true;
    }
}
