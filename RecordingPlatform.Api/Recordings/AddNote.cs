using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Recordings;

/// <summary>Writes a note about a recording, or about one moment of it.</summary>
internal sealed class AddNote : IEndpoint
{
    public sealed record Request
    {
        /// <summary>1 to 2,000 characters.</summary>
        public required string Text { get; init; }
        /// <summary>From the beginning, within the recording; without it the note is about the whole.</summary>
        public double? AtSeconds { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/recordings/{recordingId:guid}/notes", HandleAsync).RequirePermission(Permission.NotesWrite)
        .Answers(400, "text_length", "text_invalid", "time_outside", "bad_request")
        .Answers(404, "recording_not_found")
        .Answers(409, "recording_deleted", "notes_full");

    static async Task<Results<Created<NoteItem>, BadRequest, Forbidden, NotFound, Conflict>> HandleAsync(
        Guid recordingId, Request request, RecordingNotes notes, RecordingDb db, Caller caller, CancellationToken ct)
    {
        if (NoteRefusals.OfText(request.Text) is { } refusal)
            return refusal;
        var (outcome, note) = await notes.AddAsync(recordingId, request.Text.Trim(), request.AtSeconds, caller, ct);
        return outcome switch
        {
            NoteOutcome.Done => TypedResults.Created($"/api/v1/recordings/{recordingId}/notes/{note!.Id}", (await NoteItem.OfAsync(db, [note], caller, open: true, ct))[0]),
            NoteOutcome.Closed => NoteRefusals.Closed,
            NoteOutcome.Deleted => NoteRefusals.Deleted,
            NoteOutcome.Full => NoteRefusals.Full,
            NoteOutcome.OutsideRecording => NoteRefusals.Outside,
            _ => NotFound.Recording,
        };
    }
}
