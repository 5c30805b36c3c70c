using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Api.Http;

/// <summary>
/// Records who asked for something by its id and was told that there is no such thing. The row is written whether there is one
/// or not: the two stay alike in time as well.
/// </summary>
internal static class DeniedAttempts
{
    public static Task RecordAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Features.Get<Caller>() is { } caller && TargetOf(http.GetRouteData().Values) is { } target)
        {
            http.Response.OnStarting(async () =>
            {
                if (http.Response.StatusCode != StatusCodes.Status404NotFound)
                    return;
                // Its own context: what the use case left unsaved is not saved with it.
                await using var db = await http.RequestServices.GetRequiredService<Microsoft.EntityFrameworkCore.IDbContextFactory<RecordingDb>>().CreateDbContextAsync(http.RequestAborted);
                await new AuditTrail(db).RecordAsync(AuditAction.AccessDenied, caller, http.RequestAborted, target, new { code = "not_found" }, outcome: AuditOutcome.Denied);
                await db.SaveChangesAsync(http.RequestAborted);
            });
        }
        return next(http);
    }

    const string Suffix = "Id";

    static AuditTarget? TargetOf(RouteValueDictionary values)
    {
        AuditTarget? target = null;
        foreach (var (name, value) in values)
        {
            if (!name.EndsWith(Suffix, StringComparison.Ordinal) || !Guid.TryParse(value as string, out var id))
                continue;
            target = name == "recordingId" ? (target ?? new AuditTarget()) with { RecordingId = id } : (target ?? new AuditTarget()) with { Kind = SnakeCase.Of(name[..^Suffix.Length]), Id = id };
        }
        return target;
    }
}
