using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Objects;

namespace RecordingPlatform.Api.Recordings;

/// <summary>The peaks that the player draws, in audiowaveform's JSON form.</summary>
internal sealed class GetWaveform : IEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/api/v1/recordings/{recordingId:guid}/waveform", HandleAsync)
        .RequirePermission(Permission.RecordingsRead)
        .Answers(404, "recording_not_found")
        .Answers(409, "not_ready", "damaged", "archived")
        .Answers(410, "recording_deleted")
        .Answers(503, "key_service_unavailable");

    static async Task<Results<FileContentHttpResult, Forbidden, NotFound, Gone, Conflict>> HandleAsync(Guid recordingId, RecordingDb db, ObjectReader objects, Caller caller, CancellationToken ct)
    {
        var recording = await db.Recordings.AsNoTracking().VisibleTo(caller).SingleOrDefaultAsync(r => r.Id == recordingId, ct);
        if (recording is null)
            return NotFound.Recording;
        if (recording.DeletedAt is not null)
            return Gone.Recording;
        // Who may not hear it learns nothing of when who spoke either; the reason that hearing needs is not asked for.
        if (!(await RecordingRights.OfAsync(db, caller, recording, ct)).Play)
            return new Forbidden("forbidden", "You may see this recording, not hear it.");
        var waveform = await db.Objects.AsNoTracking().SingleOrDefaultAsync(o => o.RecordingId == recordingId && o.Role == ObjectRole.Waveform
            && o.State == ObjectState.Published && o.SupersededAt == null && o.Deletion == DeletionState.None, ct);
        if (waveform is null)
            return recording.State == Core.Recordings.RecordingState.Damaged
                ? new Conflict("damaged", "This recording is damaged: nothing could be drawn from it.")
                : new Conflict("not_ready", "There is no waveform yet. Try again in a moment.") { RetryAfter = 2 };
        using var opened = await objects.OpenAsync(db, waveform, ct);
        return TypedResults.File(await opened.ReadAllAsync(ct), "application/json");
    }
}
