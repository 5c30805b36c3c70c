using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Api.Access;

/// <summary>One signed-in device as its owner and administrators see it.</summary>
internal sealed record DeviceSession
{
    public required Guid Id { get; init; }
    public required SessionKind Kind { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>To the minute.</summary>
    public required DateTimeOffset SeenAt { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
    public string? Ip { get; init; }
    public string? UserAgent { get; init; }
    /// <summary>Whether it is the session that asks.</summary>
    public required bool Current { get; init; }

    public static Task<List<DeviceSession>> OfAsync(RecordingDb db, Guid userId, Caller caller, CancellationToken ct)
    {
        var current = caller.SessionId;
        return db.Sessions.AsNoTracking().Where(s => s.UserId == userId && s.RevokedAt == null && s.ExpiresAt > RecordingDb.Now()).OrderByDescending(s => s.SeenAt).ThenByDescending(s => s.Id)
            .Select(s => new DeviceSession { Id = s.Id, Kind = s.Kind, CreatedAt = s.CreatedAt, SeenAt = s.SeenAt, ExpiresAt = s.ExpiresAt, Ip = s.Ip, UserAgent = s.UserAgent, Current = s.Id == current })
            .ToListAsync(ct);
    }
}

internal sealed record DeviceSessionList
{
    public required IReadOnlyList<DeviceSession> Sessions { get; init; }
}

/// <summary>Where the caller is signed in; DELETE signs one of those devices out, together with the tickets it asked for.</summary>
internal sealed class OwnSessions : IEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/auth/sessions", ListAsync).RequireAuthorization().Answers(403, "no_sessions");
        routes.MapDelete("/api/v1/auth/sessions/{sessionId:guid}", RevokeAsync).RequireAuthorization().Answers(403, "no_sessions").Answers(404, "session_not_found");
    }

    static async Task<Results<Ok<DeviceSessionList>, Forbidden>> ListAsync(RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        if (caller.UserId is not { } userId)
            return await KeysHaveNoneAsync(db, audit, caller, ct);
        var sessions = await DeviceSession.OfAsync(db, userId, caller, ct);
        await audit.RecordAsync(AuditAction.SessionsListed, caller, ct, new AuditTarget("user", userId));
        await db.SaveChangesAsync(ct);
        return TypedResults.Ok(new DeviceSessionList { Sessions = sessions });
    }

    static async Task<Results<NoContent, Forbidden, NotFound>> RevokeAsync(Guid sessionId, Sessions sessions, RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        if (caller.UserId is not { } userId)
            return await KeysHaveNoneAsync(db, audit, caller, ct);
        return await sessions.RevokeAsync(userId, sessionId, caller, ct) ? TypedResults.NoContent() : NotFound.Session;
    }

    public static async Task<Forbidden> KeysHaveNoneAsync(RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        await audit.RecordAsync(AuditAction.AccessDenied, caller, ct, facts: new { code = "no_sessions" }, outcome: AuditOutcome.Denied);
        await db.SaveChangesAsync(ct);
        return new Forbidden("no_sessions", "An API key has no sessions: only people sign in.");
    }
}

/// <summary>Where a user is signed in, for administrators. Named devices: <c>/sessions</c> of a user are their session files.</summary>
internal sealed class UserDevices : IEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/admin/users/{userId:guid}/devices", ListAsync).RequirePermission(Permission.UsersManage).Answers(404, "user_not_found");
        routes.MapDelete("/api/v1/admin/users/{userId:guid}/devices/{sessionId:guid}", RevokeAsync).RequirePermission(Permission.UsersManage).Answers(404, "session_not_found");
    }

    static async Task<Results<Ok<DeviceSessionList>, NotFound>> ListAsync(Guid userId, RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        if (!await db.Users.AnyAsync(u => u.Id == userId, ct))
            return NotFound.User;
        var sessions = await DeviceSession.OfAsync(db, userId, caller, ct);
        await audit.RecordAsync(AuditAction.SessionsListed, caller, ct, new AuditTarget("user", userId));
        await db.SaveChangesAsync(ct);
        return TypedResults.Ok(new DeviceSessionList { Sessions = sessions });
    }

    static async Task<Results<NoContent, NotFound>> RevokeAsync(Guid userId, Guid sessionId, Sessions sessions, Caller caller, CancellationToken ct) =>
        await sessions.RevokeAsync(userId, sessionId, caller, ct) ? TypedResults.NoContent() : NotFound.Session;
}
