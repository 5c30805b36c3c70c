using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Completeness;

/// <summary>Says that a recording does not exist, and why; the reason goes to the audit log. Should it come all the same, it is received.</summary>
internal sealed class MarkAbsent : IEndpoint
{
    public const int LongestReason = 500;

    public sealed record Request
    {
        /// <summary>1 to 500 characters.</summary>
        public string? Reason { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/completeness/{expectationId:guid}/absent", HandleAsync).RequirePermission(Permission.CompletenessManage)
        .Answers(400, "bad_request")
        .Answers(404, "expectation_not_found")
        .Answers(409, "expectation_received")
        .Answers(422, "reason_missing", "reason_too_long");

    static async Task<Results<Ok<ExpectationItem>, Unprocessable, NotFound, Conflict>> HandleAsync(Guid expectationId, Request request, RecordingDb db, Core.Recordings.Completeness completeness, Caller caller, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(request.Reason) || request.Reason.Contains('\0'))
            return new Unprocessable("reason_missing", "Say why there is no recording: the reason is what an auditor reads.");
        if (request.Reason.Trim() is { Length: > LongestReason })
            return new Unprocessable("reason_too_long", $"A reason has at most {LongestReason} characters.");
        return await completeness.MarkAbsentAsync(expectationId, request.Reason.Trim(), caller, ct) switch
        {
            ExpectationChange.NotFound => NotFound.Expectation,
            ExpectationChange.Received => new Conflict("expectation_received", "The recording has come: it exists."),
            _ => TypedResults.Ok((await ExpectationItem.ReadAsync(db, db.Expectations.Where(e => e.Id == expectationId), caller, ct)).Single()),
        };
    }
}
