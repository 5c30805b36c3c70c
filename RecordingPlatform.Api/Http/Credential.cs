using RecordingPlatform.Core.Access;

namespace RecordingPlatform.Api.Http;

/// <summary>Whom a request's credential stands for at this moment: a bearer token, an API key, or the portal's key with one of its sessions.</summary>
internal static class Credential
{
    public static async Task<Caller?> FindAsync(HttpRequest request, Callers callers, CancellationToken ct)
    {
        var authorization = request.Headers.Authorization.ToString();
        if (authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return await callers.BySessionTokenAsync(authorization["Bearer ".Length..].Trim(), SessionKind.Bearer, ct);
        if (request.Headers[Authentication.ApiKeyHeader] is not [{ Length: > 0 } key])
            return null;
        var program = await callers.ByApiKeyAsync(key, ct);
        // The portal speaks for whoever signed in there; its key alone opens nobody's recordings.
        if (program is null || request.Headers[Authentication.PortalSessionHeader] is not [{ Length: > 0 } handle])
            return program;
        return program.May(Permission.PortalServe) ? await callers.BySessionTokenAsync(handle, SessionKind.Portal, ct) : null;
    }

    /// <summary>Whether <see cref="FindAsync"/> found this caller by the portal's key: then the portal says who its visitor is.</summary>
    public static bool IsFromPortal(HttpRequest request, Caller caller) =>
        caller.May(Permission.PortalServe) || (request.Headers.Authorization.Count == 0 && request.Headers[Authentication.PortalSessionHeader] is [{ Length: > 0 }]);
}
