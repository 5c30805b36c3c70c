using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Completeness;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Api.Completeness;

/// <summary>Has a missing recording looked for at once and for 24 hours, also when it was said to be absent.</summary>
internal sealed class RetryExpectation : IEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/completeness/{expectationId:guid}/retry", HandleAsync).RequirePermission(Permission.CompletenessManage)
        .Answers(404, "expectation_not_found")
        .Answers(409, "expectation_received", "source_cannot_look");

    static async Task<Results<Accepted<ExpectationItem>, NotFound, Conflict>> HandleAsync(Guid expectationId, ExpectationChanges changes, RecordingDb db, Caller caller, CancellationToken ct) =>
        await changes.RetryAsync(expectationId, caller, ct) switch
        {
            ExpectationChange.Received => ExpectationRefusals.Received,
            ExpectationChange.CannotLook cannot => new Conflict("source_cannot_look", cannot.Why),
            ExpectationChange.Done when await ExpectationItem.ReadAsync(db, caller, [expectationId], ct) is [var expectation] => TypedResults.Accepted((string?)null, expectation),
            _ => NotFound.Expectation,
        };
}

internal static class ExpectationRefusals
{
    public static Conflict Received { get; } = new("expectation_received", "Its recording is there: nothing is missing.");
}
