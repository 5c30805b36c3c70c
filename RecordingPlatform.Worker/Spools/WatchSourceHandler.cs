using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Worker.FreePbx;
using RecordingPlatform.Worker.Jibri;

namespace RecordingPlatform.Worker.Spools;

/// <summary>Watches a source while anything is expected of it. Safe to run twice for the reasons of <see cref="SpoolWatch"/> and <see cref="MeetingWatch"/>.</summary>
sealed class WatchSourceHandler(RecordingDb db, SpoolWatch spools, MeetingWatch meetings) : IJobHandler<WatchSource>
{
    public async Task<JobOutcome> RunAsync(WatchSource arguments, JobContext context, CancellationToken ct) =>
        await db.Sources.AsNoTracking().SingleOrDefaultAsync(s => s.Id == arguments.SourceId && s.Enabled && s.Kind == SourceKind.Jibri, ct) is { } source
            ? await meetings.RunAsync(source, ct)
            : await spools.RunAsync(arguments.SourceId, ct);
}
