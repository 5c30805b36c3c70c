using System.Diagnostics.CodeAnalysis;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Api.Recordings;

/// <summary>Everything about one recording, also when it was deleted.</summary>
internal sealed class GetRecording : IEndpoint
{
    public sealed record Response : RecordingItem
    {
        public string? Notes { get; init; }
        public string? StateReason { get; init; }
        public string? MimeType { get; init; }
        public string? Container { get; init; }
        public string? AudioCodec { get; init; }
        public int? Channels { get; init; }
        /// <summary>Hertz.</summary>
        public int? SampleRate { get; init; }
        public string? VideoCodec { get; init; }
        public int? Width { get; init; }
        public int? Height { get; init; }
        public double? LoudnessLufs { get; init; }
        public double? GainDb { get; init; }
        /// <summary>Hexadecimal, of the original.</summary>
        public string? ContentSha256 { get; init; }
        public string? CallerPhone { get; init; }
        public string? ReceiverPhone { get; init; }
        public Guid? SubjectId { get; init; }
        public DateTimeOffset? DeletedAt { get; init; }
        /// <summary>0 to 1 while the recording is being processed.</summary>
        public float? Progress { get; init; }
        /// <summary>When the original was safely kept.</summary>
        public DateTimeOffset? StoredAt { get; init; }
        /// <summary>When what plays now was made.</summary>
        public DateTimeOffset? ProcessedAt { get; init; }
        /// <summary>Since when the oldest hold in force keeps it.</summary>
        public DateTimeOffset? HeldSince { get; init; }
        /// <summary>When a deleted recording is destroyed for good.</summary>
        public DateTimeOffset? PurgeAfter { get; init; }
        public IReadOnlyList<RecordingContext.Participant> Participants { get; init; } = [];
        /// <summary>Other media of the same conversation that this caller sees.</summary>
        public IReadOnlyList<RecordingContext.Other> Others { get; init; } = [];
        /// <summary>What this caller may do with it: play, download, edit, delete; reason when hearing it needs one.</summary>
        public required IReadOnlyList<string> Permissions { get; init; }

        [SetsRequiredMembers]
        public Response(RecordingItem item) : base(item) => Permissions = [];
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/recordings/{recordingId:guid}", HandleAsync).RequirePermission(Permission.RecordingsRead)
        .Answers(404, "recording_not_found");

    static async Task<Results<Ok<Response>, NotFound>> HandleAsync(Guid recordingId, bool? live, RecordingDb db, ViewTrail views, Caller caller, CancellationToken ct)
    {
        if (await FindAsync(db, caller, recordingId, ct) is not { } details)
            return NotFound.Recording;
        await views.RecordAsync(AuditAction.RecordingViewed, caller, recordingId.ToString(), live == true, ct, new AuditTarget(RecordingId: recordingId, SubjectId: details.SubjectId));
        return TypedResults.Ok(details);
    }

    /// <summary>The details as this caller sees them; null when they see none.</summary>
    public static async Task<Response?> FindAsync(RecordingDb db, Caller caller, Guid recordingId, CancellationToken ct)
    {
        if (!await db.Recordings.VisibleTo(caller).AnyAsync(r => r.Id == recordingId, ct)
            || await RecordingRow.ReadAsync(db, [recordingId], ct) is not [var row])
            return null;
        var recording = row.Recording;
        var rights = await RecordingRights.OfAsync(db, caller, recording, ct);
        var progress = recording.ProcessingStartedAt is null ? null
            : await db.Jobs.Where(j => j.RecordingId == recordingId && j.State == Core.Jobs.JobState.Running).OrderBy(j => j.Id).Select(j => j.Progress).FirstOrDefaultAsync(ct);
        var context = await RecordingContext.ReadAsync(db, caller, recording, ct);
        return new Response(row.ToItem())
        {
            Notes = recording.Notes,
            StateReason = recording.StateReason,
            MimeType = recording.MimeType,
            Container = recording.Container,
            AudioCodec = recording.AudioCodec,
            Channels = recording.Channels,
            SampleRate = recording.SampleRate,
            VideoCodec = recording.VideoCodec,
            Width = recording.Width,
            Height = recording.Height,
            LoudnessLufs = recording.LoudnessLufs,
            GainDb = recording.GainDb,
            ContentSha256 = recording.ContentSha256 is { } hash ? Convert.ToHexStringLower(hash) : null,
            CallerPhone = row.Conversation.CallerPhone,
            ReceiverPhone = row.Conversation.ReceiverPhone,
            SubjectId = recording.SubjectId,
            DeletedAt = recording.DeletedAt,
            Progress = progress,
            StoredAt = context.StoredAt,
            ProcessedAt = context.ProcessedAt,
            HeldSince = context.HeldSince,
            PurgeAfter = context.PurgeAfter,
            Participants = context.Participants,
            Others = context.Others,
            Permissions = [.. PermissionsOf(rights, caller)],
        };
    }

    static IEnumerable<string> PermissionsOf(RecordingRights rights, Caller caller)
    {
        if (rights.Play)
            yield return "play";
        if (rights.Download)
            yield return "download";
        if (rights.ReasonNeeded)
            yield return "reason";
        if (caller.May(Permission.RecordingsEdit))
            yield return "edit";
        if (caller.May(Permission.RecordingsDelete))
            yield return "delete";
    }
}
