using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Recordings;

/// <summary>What the caller narrows the list to under names of their own; POST keeps another one, DELETE forgets one.</summary>
internal sealed class OwnFilters : IEndpoint
{
    const int MaxQueryLength = 2000;

    public sealed record Request
    {
        /// <summary>1 to 60 characters; one's own filters have different ones.</summary>
        public required string Name { get; init; }
        /// <summary>Filters of the list as its address has them, such as <c>status=failed&amp;source=twilio</c>.</summary>
        public required string Query { get; init; }
    }

    public sealed record Item
    {
        public required Guid Id { get; init; }
        public required string Name { get; init; }
        public required string Query { get; init; }
        public required DateTimeOffset CreatedAt { get; init; }
    }

    public sealed record Response
    {
        public required IReadOnlyList<Item> Filters { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/me/filters", ListAsync).RequirePermission(Permission.RecordingsRead).Answers(403, "no_filters");
        routes.MapPost("/api/v1/me/filters", SaveAsync).RequirePermission(Permission.RecordingsRead)
            .Answers(400, ["name_invalid", "query_invalid", .. ListRecordings.Selection.Codes]).Answers(403, "no_filters").Answers(409, "filter_exists", "filters_full");
        routes.MapDelete("/api/v1/me/filters/{filterId:guid}", DeleteAsync).RequirePermission(Permission.RecordingsRead).Answers(403, "no_filters").Answers(404, "filter_not_found");
    }

    static async Task<Results<Ok<Response>, Forbidden>> ListAsync(RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        if (caller.UserId is not { } user)
            return await KeysHaveNoneAsync(db, audit, caller, ct);
        var filters = await db.SavedFilters.AsNoTracking().Where(f => f.UserId == user).OrderBy(f => f.CreatedAt).ThenBy(f => f.Id)
            .Select(f => new Item { Id = f.Id, Name = f.Name, Query = f.Query, CreatedAt = f.CreatedAt }).ToListAsync(ct);
        return TypedResults.Ok(new Response { Filters = filters });
    }

    static async Task<Results<Created<Item>, BadRequest, Forbidden, Conflict>> SaveAsync(Request request, RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        if (caller.UserId is not { } user)
            return await KeysHaveNoneAsync(db, audit, caller, ct);
        if (request.Name.Trim() is not { Length: > 0 and <= SavedFilter.MaxNameLength } name || name.Any(char.IsControl))
            return new BadRequest("name_invalid", $"name has 1 to {SavedFilter.MaxNameLength} characters.");
        if (Check(request.Query) is { } problem)
            return problem;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // One at a time for each person: two at once would both find room, or the name free.
        await db.Database.ExecuteSqlAsync($"select from users where id = {user} for no key update", ct);
        var names = await db.SavedFilters.Where(f => f.UserId == user).Select(f => f.Name).ToListAsync(ct);
        if (names.Contains(name))
            return new Conflict("filter_exists", $"You have a filter named {name} already. Give this one another name, or delete that one first.");
        if (names.Count >= SavedFilter.Most)
            return new Conflict("filters_full", $"You have {SavedFilter.Most} saved filters, and that is the most. Delete one first.");
        var filter = new SavedFilter { Id = Guid.CreateVersion7(), UserId = user, Name = name, Query = request.Query };
        db.SavedFilters.Add(filter);
        await audit.RecordAsync(AuditAction.FilterSaved, caller, ct, new AuditTarget("filter", filter.Id));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return TypedResults.Created($"/api/v1/me/filters/{filter.Id}", new Item { Id = filter.Id, Name = filter.Name, Query = filter.Query, CreatedAt = filter.CreatedAt });
    }

    static async Task<Results<NoContent, Forbidden, NotFound>> DeleteAsync(Guid filterId, RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        if (caller.UserId is not { } user)
            return await KeysHaveNoneAsync(db, audit, caller, ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (await db.SavedFilters.Where(f => f.Id == filterId && f.UserId == user).ExecuteDeleteAsync(ct) == 0)
            return NotFound.Filter;
        await audit.RecordAsync(AuditAction.FilterDeleted, caller, ct, new AuditTarget("filter", filterId));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return TypedResults.NoContent();
    }

    // What the list would refuse is refused here, where it can still be put right.
    static BadRequest? Check(string query)
    {
        if (query.Length is 0 or > MaxQueryLength || query[0] == '?' || query.Any(char.IsControl))
            return new BadRequest("query_invalid", $"query has 1 to {MaxQueryLength} characters, as an address has them after its question mark.");
        var said = QueryHelpers.ParseNullableQuery(query) ?? [];
        var values = said.ToDictionary(p => p.Key, p => (string?)p.Value, StringComparer.Ordinal);
        var selection = new ListRecordings.Selection
        {
            Status = Take("status"),
            MeetingId = Take("meeting_id"),
            CallId = Take("call_id"),
            Source = Take("source"),
            Participant = Take("participant"),
            SubjectId = Take("subject_id"),
            From = Take("from"),
            To = Take("to"),
            Q = Take("q"),
            HasVideo = Take("has_video"),
        };
        if (values.Count > 0 || said.Count == 0)
            return new BadRequest("query_invalid", "query names filters of the list: status, meeting_id, call_id, source, participant, subject_id, from, to, q or has_video.");
        return selection.Read().Problem;

        string? Take(string name) => values.Remove(name, out var value) ? value : null;
    }

    static async Task<Forbidden> KeysHaveNoneAsync(RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        await audit.RecordAsync(AuditAction.AccessDenied, caller, ct, facts: new { code = "no_filters" }, outcome: AuditOutcome.Denied);
        await db.SaveChangesAsync(ct);
        return new Forbidden("no_filters", "An API key has no filters: only people save them.");
    }
}
