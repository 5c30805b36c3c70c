using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.FreePbx;

namespace RecordingPlatform.Worker.FreePbx;

/// <summary>
/// What a look says about the calls that waited for it, written in one statement: when to look next, and that a call whose
/// recording grows is not late, because its recording is due only so many minutes after it last grew.
/// </summary>
sealed class Looks
{
    const string GaveUp = "No recording of this call appeared in the PBX's folder in the time that it was looked for. Look at whether the PBX records such calls and at the source's time zone, then have it looked for again.";

    // A recording that grows is looked at for as long as it does.
    static readonly TimeSpan WhileItGrows = TimeSpan.FromHours(1);

    readonly List<(WaitingCall Call, TimeSpan? Pause, bool Grows, string? Problem)> _all = [];

    public void Add(WaitingCall call, Finding finding, string? problem)
    {
        var goesOn = !call.IsLast || finding.Grows || finding.Fetches.Count > 0 || finding.InHand is not null;
        _all.Add((call, goesOn ? WatchSchedule.Pause(call.Since, finding.Sighting, Random.Shared.NextDouble()) : null, finding.Grows, goesOn ? problem : problem ?? GaveUp));
    }

    /// <returns>The conversations whose recording nobody looks for any more, though none came.</returns>
    public async Task<List<Guid>> WriteAsync(RecordingDb db, int dueAfterMinutes, CancellationToken ct)
    {
        if (_all.Count == 0)
            return [];
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var ids = _all.Select(l => l.Call.ExpectationId).ToArray();
        var read = _all.Select(l => l.Call.LookAt).ToArray();
        var pauses = _all.Select(l => l.Pause).ToArray();
        var grows = _all.Select(l => l.Grows).ToArray();
        var problems = _all.Select(l => l.Problem).ToArray();
        // A report that came during the look has set its own time; a settled one has none. Of what was received nothing is missing.
        var written = await db.Database.SqlQuery<Guid>($"""
            update expectations e set
                looks = e.looks + 1,
                look_at = app_now() + n.pause,
                look_from = case when n.pause is null then null else e.look_from end,
                look_until = case when n.grows then greatest(e.look_until, app_now() + {WhileItGrows}) else e.look_until end,
                last_problem = case when e.state = 'received' then e.last_problem else n.problem end,
                due_at = case when n.grows and e.state <> 'received' then greatest(e.due_at, app_now() + make_interval(mins => {dueAfterMinutes})) else e.due_at end,
                state = case when n.grows and e.state = 'late' then 'expected' else e.state end,
                late_at = case when n.grows and e.state = 'late' then null else e.late_at end,
                updated_at = case when n.grows and e.state = 'late' then app_now() else e.updated_at end
            from unnest({ids}, {read}, {pauses}, {grows}, {problems}) as n (id, look_at, pause, grows, problem)
            where e.id = n.id and e.look_at = n.look_at
            returning e.id as "Value"
            """).ToListAsync(ct);
        foreach (var (call, _, _, _) in _all.Where(l => l is { Grows: true, Call.IsLate: true } && written.Contains(l.Call.ExpectationId)))
            db.Events.Add((await db.Expectations.AsNoTracking().SingleAsync(e => e.Id == call.ExpectationId, ct)).Changed());
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return [.. _all.Where(l => l is { Pause: null, Call.IsReceived: false } && written.Contains(l.Call.ExpectationId)).Select(l => l.Call.ConversationId)];
    }
}
