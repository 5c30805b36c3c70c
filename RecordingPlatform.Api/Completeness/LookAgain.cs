using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Completeness;

/// <summary>Looks for a missing recording again, at once and for a day; also for one that was said not to exist.</summary>
internal sealed class LookAgain : IEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/completeness/{expectationId:guid}/retry", HandleAsync).RequirePermission(Permission.CompletenessManage)
        .Answers(404, "expectation_not_found")
        .Answers(409, "expectation_received", "source_cannot_look");

    static async Task<Results<Accepted<ExpectationItem>, NotFound, Conflict>> HandleAsync(Guid expectationId, RecordingDb db, Core.Recordings.Completeness completeness, Caller caller, CancellationToken ct)
    {
        switch (await completeness.LookAgainAsync(expectationId, caller, ct))
        {
            case ExpectationChange.NotFound:
                return NotFound.Expectation;
            case ExpectationChange.Received:
                return new Conflict("expectation_received", "The recording has come: there is nothing to look for.");
            case ExpectationChange.CannotLook:
                return new Conflict("source_cannot_look", "The source has no media location that could be looked at, or it is a camera's clip, which only its moment had.");
            default:
                return TypedResults.Accepted((string?)null, (await ExpectationItem.ReadAsync(db, db.Expectations.Where(e => e.Id == expectationId), caller, ct)).Single());
        }
    }
}
