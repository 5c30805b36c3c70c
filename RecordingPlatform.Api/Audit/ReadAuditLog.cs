using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Api.Audit;

/// <summary>Who did what, newest first. Reading it is on record as well.</summary>
internal sealed class ReadAuditLog : IEndpoint
{
    const int DefaultLimit = 100;
    const int MaxLimit = 1000;

    public sealed class Query
    {
        [FromQuery(Name = "recording_id")] public Guid? RecordingId { get; init; }
        /// <summary>An action's name, such as view_recording.</summary>
        [FromQuery(Name = "action")] public string? Action { get; init; }
        /// <summary>A user, or an API key, who did it.</summary>
        [FromQuery(Name = "user_id")] public Guid? UserId { get; init; }
        [FromQuery(Name = "from")] public DateTimeOffset? From { get; init; }
        [FromQuery(Name = "to")] public DateTimeOffset? To { get; init; }
        /// <summary>1 to 1000, 100 unless given.</summary>
        [FromQuery(Name = "limit")] public int? Limit { get; init; }
    }

    public sealed record Entry
    {
        public required long Id { get; init; }
        public required DateTimeOffset At { get; init; }
        public required string Action { get; init; }
        public required AuditOutcome Outcome { get; init; }
        public required ActorKind ActorKind { get; init; }
        public Guid? ActorId { get; init; }
        /// <summary>The user's or key's name as it is now; absent once it is erased.</summary>
        public string? ActorName { get; init; }
        public Guid? SessionId { get; init; }
        public Guid? RecordingId { get; init; }
        public Guid? SubjectId { get; init; }
        public string? TargetKind { get; init; }
        public Guid? TargetId { get; init; }
        public JsonElement? Facts { get; init; }
        public string? Reason { get; init; }
        public string? Ip { get; init; }
        public string? UserAgent { get; init; }
    }

    public sealed record Response
    {
        public required IReadOnlyList<Entry> Entries { get; init; }
        /// <summary>How many match, also beyond the limit.</summary>
        public required long Total { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/audit/log", HandleAsync).RequirePermission(Permission.AuditRead)
        .Answers(400, "limit_invalid", "action_unknown", "bad_request");

    static async Task<Results<Ok<Response>, BadRequest>> HandleAsync([AsParameters] Query query, RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        var limit = query.Limit ?? DefaultLimit;
        if (limit is < 1 or > MaxLimit)
            return new BadRequest("limit_invalid", $"limit is a whole number from 1 to {MaxLimit}.");
        AuditAction? action = null;
        if (query.Action is { } name && (action = AuditNames.Parse(name)) is null)
            return new BadRequest("action_unknown", "There is no action of that name.");

        var found = db.Audit.AsNoTracking();
        if (query.RecordingId is { } recording)
            found = found.Where(a => a.RecordingId == recording);
        if (action is { } only)
            found = found.Where(a => a.Action == only);
        if (query.UserId is { } user)
            found = found.Where(a => a.ActorId == user);
        if (query.From?.ToUniversalTime() is { } from)
            found = found.Where(a => a.At >= from);
        if (query.To?.ToUniversalTime() is { } to)
            found = found.Where(a => a.At < to);
        var total = await found.LongCountAsync(ct);
        var rows = await (
            from row in found.OrderByDescending(a => a.At).ThenByDescending(a => a.Id).Take(limit)
            join d in db.AuditDetails on row.DetailsId equals d.Id into ds
            from details in ds.DefaultIfEmpty()
            join u in db.Users on row.ActorId equals u.Id into us
            from person in us.DefaultIfEmpty()
            join k in db.ApiKeys on row.ActorId equals k.Id into ks
            from key in ks.DefaultIfEmpty()
            orderby row.At descending, row.Id descending
            select new { row, Reason = details.Reason, details.Ip, details.UserAgent, Name = person.DisplayName ?? key.Name }).ToListAsync(ct);
        await audit.RecordAsync(AuditAction.AuditLogRead, caller, ct, new AuditTarget(RecordingId: query.RecordingId),
            new { shown = rows.Count, action = query.Action, user_id = query.UserId, from = query.From, to = query.To });
        await db.SaveChangesAsync(ct);
        return TypedResults.Ok(new Response
        {
            Total = total,
            Entries = [.. rows.Select(found => new Entry
            {
                Id = found.row.Id,
                At = found.row.At,
                Action = AuditNames.Of(found.row.Action),
                Outcome = found.row.Outcome,
                ActorKind = found.row.ActorKind,
                ActorId = found.row.ActorId,
                ActorName = found.Name,
                SessionId = found.row.SessionId,
                RecordingId = found.row.RecordingId,
                SubjectId = found.row.SubjectId,
                TargetKind = found.row.TargetKind,
                TargetId = found.row.TargetId,
                Facts = found.row.Facts is { } facts ? JsonSerializer.Deserialize<JsonElement>(facts) : null,
                Reason = found.Reason,
                Ip = found.Ip,
                UserAgent = found.UserAgent,
            })],
        });
    }
}
