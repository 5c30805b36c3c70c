using System.Globalization;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Worker.Sources;

/// <summary>What the newest deliveries say of signatures and clocks: one that was refused counts until one is accepted after it.</summary>
internal static class ReportsCheck
{
    const string OutOfTime = "timestamp_out_of_window";

    // What keeps a delivery from being recognised. A body that says nothing is the other side's bug, and is with the events.
    static readonly string[] Unrecognised = ["signature_missing", "signature_wrong", "forbidden", "source_ambiguous"];

    public static async Task<IReadOnlyList<SourceFinding>> FindAsync(RecordingDb db, Source source, CancellationToken ct)
    {
        var accepted = await db.RawEvents.Where(e => e.SourceId == source.Id).MaxAsync(e => (DateTimeOffset?)e.ReceivedAt, ct);
        var refused = db.RefusedDeliveries.AsNoTracking().Where(r => r.SourceKind == source.Kind && (r.SourceId == null || r.SourceId == source.Id));
        var unsigned = await refused.Where(r => Unrecognised.Contains(r.Code)).OrderByDescending(r => r.LastAt).FirstOrDefaultAsync(ct);
        var late = await refused.Where(r => r.Code == OutOfTime).OrderByDescending(r => r.LastAt).FirstOrDefaultAsync(ct);

        var findings = new List<SourceFinding> { Signature(source, accepted, unsigned) };
        if (late is not null && late.LastAt > (accepted ?? DateTimeOffset.MinValue))
            findings.Add(Finding.Bad(SourceSubject.Clock, $"{Refused(source, late)} Set both machines' clocks by NTP; the time zone does not matter."));
        else if (accepted is { } at)
            findings.Add(Finding.Good(SourceSubject.Clock, $"The newest report, of {Time(at)}, was not out of time."));
        return findings;
    }

    static SourceFinding Signature(Source source, DateTimeOffset? accepted, RefusedDelivery? refused)
    {
        if (refused is not null && refused.LastAt > (accepted ?? DateTimeOffset.MinValue))
            return Finding.Bad(SourceSubject.Signature, $"{Refused(source, refused)}{(accepted is { } before ? $" The newest report that was accepted is of {Time(before)}." : " None was accepted yet.")}");
        return accepted is { } at
            ? Finding.Good(SourceSubject.Signature, $"The newest report, of {Time(at)}, was recognised.")
            : Finding.Good(SourceSubject.Signature, "Nothing has been delivered yet, so there is no signature to judge. Have the source report something, then test again.");
    }

    static string Refused(Source source, RefusedDelivery refused)
    {
        var whose = refused.SourceId is null ? " (it could not be told whose it was)" : "";
        var since = refused.LastAt < source.UpdatedAt ? " The source was changed since: have it deliver again, then test again." : "";
        return $"The delivery of {Time(refused.LastAt)}{whose} was turned away, one of {refused.Count} in that hour. {refused.Detail}{since}";
    }

    static string Time(DateTimeOffset at) => at.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
