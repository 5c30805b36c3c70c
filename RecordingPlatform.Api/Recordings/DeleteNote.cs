using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Recordings;

/// <summary>Takes a note away, for good: one's own, or anybody's with notes.delete.</summary>
internal sealed class DeleteNote : IEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapDelete("/api/v1/recordings/{recordingId:guid}/notes/{noteId:guid}", HandleAsync).RequirePermission(Permission.NotesWrite)
        .Answers(403, "not_your_note")
        .Answers(404, "recording_not_found", "note_not_found")
        .Answers(409, "recording_deleted");

    static async Task<Results<NoContent, Forbidden, NotFound, Conflict>> HandleAsync(Guid recordingId, Guid noteId, RecordingNotes notes, Caller caller, CancellationToken ct) =>
        (await notes.RemoveAsync(recordingId, noteId, caller, ct)).Outcome switch
        {
            NoteOutcome.Done => TypedResults.NoContent(),
            NoteOutcome.Closed => NoteRefusals.Closed,
            NoteOutcome.NotTheirs => NoteRefusals.NotYours,
            NoteOutcome.NoNote => NoteRefusals.NoNote,
            NoteOutcome.Deleted => NoteRefusals.Deleted,
            _ => NotFound.Recording,
        };
}
