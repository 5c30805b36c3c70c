using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Completeness;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Api.Completeness;

/// <summary>Says that a recording that should exist does not, and why. Looking for it ends; a retry opens it again.</summary>
internal sealed class MarkExpectationAbsent : IEndpoint
{
    public sealed record Request
    {
        /// <summary>1 to 500 characters, shown to whoever sees that the recording is missing.</summary>
        public required string Reason { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/completeness/{expectationId:guid}/absent", HandleAsync).RequirePermission(Permission.CompletenessManage)
        .Answers(400, "reason_length", "text_invalid", "bad_request")
        .Answers(404, "expectation_not_found")
        .Answers(409, "expectation_received");

    static async Task<Results<Ok<ExpectationItem>, BadRequest, NotFound, Conflict>> HandleAsync(
        Guid expectationId, Request request, ExpectationChanges changes, RecordingDb db, Caller caller, CancellationToken ct)
    {
        // JSON may say null where a text is required.
        var reason = request.Reason?.Trim() ?? "";
        if (reason.Length is < 1 or > ExpectationChanges.MaxReasonLength)
            return new BadRequest("reason_length", $"reason has 1 to {ExpectationChanges.MaxReasonLength} characters.");
        if (reason.Contains('\0'))
            return new BadRequest("text_invalid", "reason cannot hold a NUL character.");
        return await changes.MarkAbsentAsync(expectationId, reason, caller, ct) switch
        {
            ExpectationChange.Received => ExpectationRefusals.Received,
            ExpectationChange.Done when await ExpectationItem.ReadAsync(db, caller, [expectationId], ct) is [var expectation] => TypedResults.Ok(expectation),
            _ => NotFound.Expectation,
        };
    }
}
