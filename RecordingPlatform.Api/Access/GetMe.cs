using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;

namespace RecordingPlatform.Api.Access;

/// <summary>Who the caller is and what they may do.</summary>
internal sealed class GetMe : IEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/me", Handle).RequireAuthorization();

    static Ok<CallerResponse> Handle(Caller caller) => TypedResults.Ok(CallerResponse.Of(caller));
}

internal sealed record CallerResponse
{
    public required Guid Id { get; init; }
    public required ActorKind Kind { get; init; }
    public string? Email { get; init; }
    public string? DisplayName { get; init; }
    public required IReadOnlyList<string> Roles { get; init; }
    public required IReadOnlyList<string> Permissions { get; init; }

    public static CallerResponse Of(Caller caller) => new()
    {
        Id = caller.ActorId!.Value,
        Kind = caller.Kind,
        Email = caller.Email,
        DisplayName = caller.DisplayName,
        Roles = [.. caller.Roles.Order(StringComparer.Ordinal)],
        Permissions = [.. caller.Permissions.Order(StringComparer.Ordinal)],
    };
}
