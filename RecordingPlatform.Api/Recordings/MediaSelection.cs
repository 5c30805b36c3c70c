using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Recordings;

internal enum MediaUse { Play, Save }

internal abstract record SelectedMedia
{
    public sealed record Found(ObjectRow Object) : SelectedMedia;
    public sealed record Refused(MediaRefusal Answer) : SelectedMedia;
}

/// <summary>Which object of a visible recording answers a wish to hear or save it, and whether this caller may.</summary>
internal sealed class MediaSelection(RecordingDb db, AuditTrail audit)
{
    // What browsers play as it is, while the rendition is still being made.
    static readonly HashSet<string> PlayableOriginals = ["audio/wav", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/flac", "audio/webm", "audio/aac", "video/mp4", "video/webm"];

    public async Task<SelectedMedia> FindAsync(Recording recording, MediaUse use, string? quality, string? reason, Caller caller, CancellationToken ct)
    {
        if (quality is not (null or "high" or "low"))
            return new SelectedMedia.Refused(new BadRequest("quality_unknown", "quality is high or low."));
        if (recording.DeletedAt is not null)
            return new SelectedMedia.Refused(Gone.Recording);
        var rights = await RecordingRights.OfAsync(db, caller, recording, ct);
        if (!(use == MediaUse.Save ? rights.Download : rights.Play))
            return await RefuseAsync("forbidden", use == MediaUse.Save ? "You may hear this recording, not save it." : "You may see this recording, not hear it.");
        if (rights.ReasonNeeded && string.IsNullOrWhiteSpace(reason))
            return await RefuseAsync("reason_required", "Say why you need to hear this: send reason=…; it is kept in the audit log.");
        var current = db.Objects.AsNoTracking().Where(o => o.RecordingId == recording.Id && o.State == ObjectState.Published && o.SupersededAt == null && o.Deletion == DeletionState.None);
        var original = await current.SingleOrDefaultAsync(o => o.Role == ObjectRole.Original, ct);
        if (use == MediaUse.Save)
            return original is null ? new SelectedMedia.Refused(NotFound.Recording) : new SelectedMedia.Found(original);
        var wanted = quality ?? "high";
        var rendition = await current.SingleOrDefaultAsync(o => o.Role == ObjectRole.Playback && o.Variant == wanted, ct);
        if (rendition is not null)
            return new SelectedMedia.Found(rendition);
        if (original is { MimeType: { } mime } && PlayableOriginals.Contains(mime) && recording.State is RecordingState.Stored)
            return new SelectedMedia.Found(original);
        return recording.State == RecordingState.Damaged
            ? NotReady("damaged", "This recording is damaged and cannot be played. Its original can be downloaded.")
            : NotReady("not_ready", "The recording is still being prepared. Try again in a moment.");

        static SelectedMedia.Refused NotReady(string code, string detail) => new(new Conflict(code, detail) { RetryAfter = 2 });

        async Task<SelectedMedia> RefuseAsync(string code, string detail)
        {
            await audit.RecordAsync(AuditAction.AccessDenied, caller, ct, AuditTarget.Of(recording), new { code }, outcome: AuditOutcome.Denied);
            await db.SaveChangesAsync(ct);
            return new SelectedMedia.Refused(new Forbidden(code, detail));
        }
    }
}
