using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Processing;

namespace RecordingPlatform.Api.Recordings;

/// <summary>Has the renditions and the waveform made anew. A ready recording stays ready; a failed or damaged one gets another try.</summary>
internal sealed class ReprocessRecording : IEndpoint
{
    public sealed record Response
    {
        public required Guid RecordingId { get; init; }
        /// <summary>The job that does it: a second request while it waits or runs names the same.</summary>
        public required Guid JobId { get; init; }
        /// <summary>The recording's, now.</summary>
        public required string Status { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/recordings/{recordingId:guid}/reprocess", HandleAsync).RequirePermission(Permission.RecordingsEdit)
        .Answers(404, "recording_not_found")
        .Answers(409, "not_stored", "no_original", "archived")
        .Answers(410, "recording_deleted");

    static async Task<Results<Accepted<Response>, Forbidden, NotFound, Conflict, Gone>> HandleAsync(Guid recordingId, Reprocessing reprocessing, Caller caller, CancellationToken ct) =>
        await reprocessing.RequestAsync(recordingId, caller, ct) switch
        {
            ReprocessResult.Accepted accepted => TypedResults.Accepted($"/api/v1/recordings/{recordingId}", new Response { RecordingId = recordingId, JobId = accepted.JobId, Status = accepted.Status }),
            ReprocessResult.OnlyGranted => new Forbidden("forbidden", "You may hear this recording, not process it."),
            ReprocessResult.Deleted => Gone.Recording,
            ReprocessResult.Receiving => new Conflict("not_stored", "The recording is still being received; it is processed by itself when it is whole."),
            ReprocessResult.NoOriginal => new Conflict("no_original", "There is no original to process: nothing was received, or it is no longer kept."),
            ReprocessResult.Archived => new Conflict("archived", "The original is in the archive. Restore it first: POST /api/v1/lifecycle/{id}/restore."),
            _ => NotFound.Recording,
        };
}
