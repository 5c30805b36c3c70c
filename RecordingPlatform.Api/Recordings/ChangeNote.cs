using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Recordings;

/// <summary>Changes one's own note. A field that is absent stays; at_seconds null makes it about the whole.</summary>
internal sealed class ChangeNote : IEndpoint
{
    public sealed record Request
    {
        /// <summary>1 to 2,000 characters.</summary>
        public string? Text { get; init; }

        /// <summary>From the beginning, within the recording; null for the whole.</summary>
        public double? AtSeconds
        {
            get;
            init => (field, AtGiven) = (value, true);
        }

        [JsonIgnore] public bool AtGiven { get; private init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPatch("/api/v1/recordings/{recordingId:guid}/notes/{noteId:guid}", HandleAsync).RequirePermission(Permission.NotesWrite)
        .Answers(400, "nothing_to_change", "text_length", "text_invalid", "time_outside", "bad_request")
        .Answers(403, "not_your_note")
        .Answers(404, "recording_not_found", "note_not_found")
        .Answers(409, "recording_deleted");

    static async Task<Results<Ok<NoteItem>, BadRequest, Forbidden, NotFound, Conflict>> HandleAsync(
        Guid recordingId, Guid noteId, Request request, RecordingNotes notes, RecordingDb db, Caller caller, CancellationToken ct)
    {
        if (request is { Text: null, AtGiven: false })
            return new BadRequest("nothing_to_change", "Send text, at_seconds or both.");
        if (request.Text is { } text && NoteRefusals.OfText(text) is { } refusal)
            return refusal;
        var change = new NoteChange { Text = request.Text?.Trim(), AtGiven = request.AtGiven, AtSeconds = request.AtSeconds };
        var (outcome, note) = await notes.ChangeAsync(recordingId, noteId, change, caller, ct);
        return outcome switch
        {
            NoteOutcome.Done => TypedResults.Ok((await NoteItem.OfAsync(db, [note!], caller, open: true, ct))[0]),
            NoteOutcome.Closed => NoteRefusals.Closed,
            NoteOutcome.NotTheirs => NoteRefusals.NotYours,
            NoteOutcome.NoNote => NoteRefusals.NoNote,
            NoteOutcome.Deleted => NoteRefusals.Deleted,
            NoteOutcome.OutsideRecording => NoteRefusals.Outside,
            _ => NotFound.Recording,
        };
    }
}
