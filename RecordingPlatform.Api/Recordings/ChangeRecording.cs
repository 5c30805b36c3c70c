using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Recordings;

/// <summary>Changes title and notes. A field that is absent stays as it is; null clears it.</summary>
internal sealed class ChangeRecording : IEndpoint
{
    public sealed record Request
    {
        /// <summary>At most 300 characters; null clears it.</summary>
        public string? Title
        {
            get;
            init => (field, TitleGiven) = (value, true);
        }

        /// <summary>At most 20,000 characters; null clears them.</summary>
        public string? Notes
        {
            get;
            init => (field, NotesGiven) = (value, true);
        }

        [JsonIgnore] public bool TitleGiven { get; private init; }
        [JsonIgnore] public bool NotesGiven { get; private init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPatch("/api/v1/recordings/{recordingId:guid}", HandleAsync).RequirePermission(Permission.RecordingsEdit)
        .Answers(400, "nothing_to_change", "title_too_long", "notes_too_long", "text_invalid", "bad_request")
        .Answers(404, "recording_not_found")
        .Answers(409, "recording_deleted");

    static async Task<Results<Ok<GetRecording.Response>, BadRequest, Forbidden, NotFound, Conflict>> HandleAsync(
        Guid recordingId, Request request, RecordingChanges changes, RecordingDb db, Caller caller, CancellationToken ct)
    {
        if (request is { TitleGiven: false, NotesGiven: false })
            return new BadRequest("nothing_to_change", "Send title, notes or both; null clears one.");
        if (request.Title?.Length > RecordingChange.MaxTitleLength)
            return new BadRequest("title_too_long", $"A title has at most {RecordingChange.MaxTitleLength} characters.");
        if (request.Notes?.Length > RecordingChange.MaxNotesLength)
            return new BadRequest("notes_too_long", $"Notes have at most {RecordingChange.MaxNotesLength} characters.");
        // PostgreSQL's text cannot hold it, and nobody types it.
        if (request.Title?.Contains('\0') == true || request.Notes?.Contains('\0') == true)
            return new BadRequest("text_invalid", "Title and notes cannot hold a NUL character.");
        var change = new RecordingChange { TitleGiven = request.TitleGiven, Title = NullIfBlank(request.Title), NotesGiven = request.NotesGiven, Notes = NullIfBlank(request.Notes) };
        return await changes.ApplyAsync(recordingId, change, caller, ct) switch
        {
            ChangeResult.Changed => await GetRecording.FindAsync(db, caller, recordingId, ct) is { } details ? TypedResults.Ok(details) : NotFound.Recording,
            ChangeResult.OnlyGranted => new Forbidden("forbidden", "You may hear this recording, not change it."),
            ChangeResult.Deleted => new Conflict("recording_deleted", "The recording was deleted; its record stays as it was."),
            _ => NotFound.Recording,
        };
    }

    static string? NullIfBlank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
