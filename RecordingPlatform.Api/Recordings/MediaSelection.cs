using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Recordings;

internal enum MediaUse { Play, Save }

/// <summary>What somebody asks for.</summary>
/// <param name="Use">Saving is always the original; the rest is for playing.</param>
/// <param name="Quality">high or low; without it what the format has, else high.</param>
/// <param name="Format">m4a, mp4 or webm; without it whatever the quality has.</param>
internal sealed record MediaWish(MediaUse Use, string? Quality = null, string? Format = null);

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

    static readonly Dictionary<string, string[]> Formats = new(StringComparer.Ordinal) { ["m4a"] = ["audio/mp4"], ["mp4"] = ["video/mp4", "audio/mp4"], ["webm"] = ["audio/webm", "video/webm"] };

    public async Task<SelectedMedia> FindAsync(Recording recording, MediaWish wish, string? reason, Caller caller, CancellationToken ct)
    {
        var use = wish.Use;
        if (wish.Quality is not (null or "high" or "low"))
            return new SelectedMedia.Refused(new BadRequest("quality_unknown", "quality is high or low."));
        if (wish.Format is not null && !Formats.ContainsKey(wish.Format))
            return new SelectedMedia.Refused(new BadRequest("format_unknown", $"format is one of: {string.Join(", ", Formats.Keys)}."));
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
        var renditions = await current.Where(o => o.Role == ObjectRole.Playback).OrderBy(o => o.Variant).ToListAsync(ct);
        var quality = wish.Quality ?? (wish.Format is null ? "high" : null);
        if (renditions.Find(o => (quality is null || o.Variant == quality) && IsOf(wish.Format, o.MimeType)) is { } rendition)
            return new SelectedMedia.Found(rendition);
        if (renditions.Count > 0)
            return new SelectedMedia.Refused(new NotFound("rendition_not_available", $"There is no such rendition. There are: {string.Join(", ", renditions.Select(o => $"{o.Variant} as {o.MimeType}"))}."));
        if (original is { MimeType: { } mime } && PlayableOriginals.Contains(mime) && IsOf(wish.Format, mime) && recording.State is RecordingState.Stored)
            return new SelectedMedia.Found(original);
        return recording.State == RecordingState.Damaged
            ? NotReady("damaged", "This recording is damaged and cannot be played. Its original can be downloaded.")
            : NotReady("not_ready", "The recording is still being prepared. Try again in a moment.");

        static bool IsOf(string? format, string? mime) => format is null || (mime is not null && Formats[format].Contains(mime.Split(';')[0]));

        static SelectedMedia.Refused NotReady(string code, string detail) => new(new Conflict(code, detail) { RetryAfter = 2 });

        async Task<SelectedMedia> RefuseAsync(string code, string detail)
        {
            await audit.RecordAsync(AuditAction.AccessDenied, caller, ct, AuditTarget.Of(recording), new { code }, outcome: AuditOutcome.Denied);
            await db.SaveChangesAsync(ct);
            return new SelectedMedia.Refused(new Forbidden(code, detail));
        }
    }
}
