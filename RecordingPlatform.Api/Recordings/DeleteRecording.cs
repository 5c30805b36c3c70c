using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Retention;

namespace RecordingPlatform.Api.Recordings;

/// <summary>Closes a recording at once and marks it for destruction after the grace period. Needs a reason; refused under a hold.</summary>
internal sealed class DeleteRecording : IEndpoint
{
    const int MaxReasonLength = 1000;

    public sealed record Response
    {
        public required bool Success { get; init; }
        public required Guid RecordingId { get; init; }
        public required string Status { get; init; }
        public required string Message { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapDelete("/api/v1/recordings/{recordingId:guid}", HandleAsync).RequirePermission(Permission.RecordingsDelete)
        .Answers(400, "reason_required", "reason_too_long")
        .Answers(404, "recording_not_found")
        .Answers(409, "legal_hold");

    static async Task<Results<Ok<Response>, BadRequest, NotFound, Conflict>> HandleAsync(Guid recordingId, string? reason, RecordingDeletion deletion, Caller caller, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(reason))
            return new BadRequest("reason_required", "Say why it is deleted: ?reason=…; it is kept in the audit log.");
        if (reason.Length > MaxReasonLength)
            return new BadRequest("reason_too_long", $"A reason has at most {MaxReasonLength} characters.");
        return await deletion.MarkAsync(recordingId, reason.Trim(), caller, ct) switch
        {
            DeletionResult.Deleted => TypedResults.Ok(new Response { Success = true, RecordingId = recordingId, Status = "deleted", Message = "The recording is closed and will be destroyed when the grace period ends." }),
            DeletionResult.Held held => new Conflict("legal_hold", $"The recording is under legal hold in: {string.Join(", ", held.Matters)}. Release the hold first."),
            _ => NotFound.Recording,
        };
    }
}
