using System.Text.Json;
using Microsoft.AspNetCore.Authorization;

namespace RecordingPlatform.Api.Http;

/// <summary>Why a route needs no sign-in.</summary>
internal sealed record AnonymousBecause(string Reason);

/// <summary>Why a write ignores Idempotency-Key.</summary>
internal sealed record NotIdempotentBecause(string Reason);

/// <summary>
/// Every route says who may use it: a permission, being signed in, or nobody in particular for a stated reason. A route that
/// says nothing stops the process at start. <c>api routes</c> prints the list; the rights test walks it.
/// </summary>
internal static class RoutePolicy
{
    public const string Command = "routes";

    static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <param name="Route">Its methods and pattern, as <c>GET,HEAD /media/{ticket}</c>.</param>
    /// <param name="Policy">The permission, <c>signed in</c>, or <c>anonymous: </c> with the reason.</param>
    /// <param name="Idempotent">Whether Idempotency-Key is honoured.</param>
    public sealed record Entry(string Route, string Policy, bool Idempotent);

    public static TBuilder AllowAnonymous<TBuilder>(this TBuilder route, string because) where TBuilder : IEndpointConventionBuilder =>
        route.WithMetadata(new AnonymousBecause(because), new AllowAnonymousAttribute());

    public static TBuilder NotIdempotent<TBuilder>(this TBuilder route, string because) where TBuilder : IEndpointConventionBuilder =>
        route.WithMetadata(new NotIdempotentBecause(because));

    /// <exception cref="InvalidOperationException">A route has no policy; the message names it and says what to add.</exception>
    public static IReadOnlyList<Entry> Read(IEndpointRouteBuilder routes)
    {
        var entries = new List<Entry>();
        var missing = new List<string>();
        foreach (var endpoint in routes.DataSources.SelectMany(s => s.Endpoints).OfType<RouteEndpoint>())
        {
            var methods = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["*"];
            var route = $"{string.Join(',', methods.Order(StringComparer.Ordinal))} /{endpoint.RoutePattern.RawText?.TrimStart('/')}";
            if (PolicyOf(endpoint) is { } policy)
                entries.Add(new Entry(route, policy, methods.Any(IdempotentWrites.IsWrite) && endpoint.Metadata.GetMetadata<NotIdempotentBecause>() is null));
            else
                missing.Add(route);
        }
        return missing.Count == 0 ? entries
            : throw new InvalidOperationException($"No policy: {string.Join("; ", missing)}. Give each RequirePermission(…), RequireAuthorization(), or AllowAnonymous(\"the reason\").");
    }

    /// <summary>Serves until stopped, or prints the list when that is asked for. Either only when every route has a policy.</summary>
    /// <exception cref="InvalidOperationException">As <see cref="Read"/>; nothing listens then.</exception>
    public static async Task RunAsync(WebApplication app, string[] args)
    {
        var entries = Read(app);
        if (args is [Command])
            Console.WriteLine(JsonSerializer.Serialize(entries.OrderBy(e => e.Route, StringComparer.Ordinal), Json));
        else
            await app.RunAsync();
    }

    static string? PolicyOf(RouteEndpoint endpoint)
    {
        if (endpoint.Metadata.GetMetadata<AnonymousBecause>() is { } anonymous)
            return $"anonymous: {anonymous.Reason}";
        // Anonymous without a reason is no policy.
        if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            return null;
        return endpoint.Metadata.GetMetadata<PermissionNeeded>()?.Permission ?? (endpoint.Metadata.GetMetadata<IAuthorizeData>() is not null ? "signed in" : null);
    }
}
