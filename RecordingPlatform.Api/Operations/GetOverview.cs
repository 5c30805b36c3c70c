using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Operations;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Operations;

/// <summary>
/// How things stand, for the caller: what was recorded today and in the last 14 days of what they may see, what is missing, and
/// with the rights to them the queue, the storage and the holds. Parts that are not the caller's to see are null.
/// </summary>
internal sealed class GetOverview : IEndpoint
{
    // Counted no further: an index of holds in force stays cheap to count.
    const int MostHolds = 10_000;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/overview", HandleAsync).RequirePermission(Permission.RecordingsRead)
        .Answers(400, "time_zone_unknown");

    static async Task<Results<Ok<Overview>, BadRequest>> HandleAsync([FromQuery(Name = "time_zone")] string? timeZone, bool? live, RecordingDb db, RecordingTally tally, PlatformGauges gauges,
        ViewTrail views, Caller caller, CancellationToken ct)
    {
        if (OverviewDays.ZoneNamed(timeZone ?? "UTC") is not { } zone)
            return new BadRequest("time_zone_unknown", "time_zone is an IANA name, such as Europe/Copenhagen.");
        var now = await db.NowAsync(ct);
        var days = new OverviewDays(zone, now);
        var mayOperate = caller.May(Permission.OpsRead);
        var answer = new Overview
        {
            At = now,
            TimeZone = timeZone ?? "UTC",
            Intake = Overview.IntakePart.Of(days, await tally.CountAsync(caller, days.Bounds, days.End, ct)),
            Missing = await MissingRecordings.ReadAsync(db, caller, ct) is { } missing ? Overview.MissingPart.Of(missing) : null,
            Queue = mayOperate ? Overview.QueuePart.Of(await JobQueue.DepthAsync(db, ct)) : null,
            Storage = mayOperate && await gauges.ReadTiersAsync(ct) is { } tiers ? Overview.StoragePart.Of(tiers) : null,
            Holds = caller.May(Permission.HoldsPlace) ? await CountHoldsAsync(db, ct) : null,
        };
        await views.RecordAsync(AuditAction.OverviewViewed, caller, $"overview {timeZone}", live == true, ct);
        return TypedResults.Ok(answer);
    }

    static async Task<Overview.HoldsPart> CountHoldsAsync(RecordingDb db, CancellationToken ct)
    {
        var active = await db.Holds.Where(h => h.ReleasedAt == null).Take(MostHolds).GroupBy(h => h.MatterId).Select(g => g.Count()).ToListAsync(ct);
        return new() { Active = active.Sum(), Matters = active.Count };
    }
}
