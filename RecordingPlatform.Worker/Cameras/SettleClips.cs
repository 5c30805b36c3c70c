using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Worker.Cameras;

internal sealed record SettleClips : IJobArguments
{
    public static string Kind => "camera.settle";
}

/// <summary>
/// Settles what is expected of cameras whose job ended without doing so: no worker was there in time, or each try took its worker
/// down with it. Safe to run twice: only what is open is settled.
/// </summary>
internal sealed partial class SettleClipsHandler(RecordingDb db, ILogger<SettleClipsHandler> logger) : IJobHandler<SettleClips>
{
    const string Reason = "No worker took the clip in time: none was there, all were busy, or it ended while it did. Later the camera would have shown another moment.";

    public async Task<JobOutcome> RunAsync(SettleClips arguments, JobContext context, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await context.GuardAsync(db, ct);
        // Dead jobs are few, and stay until a person has looked.
        var given = await db.Database.SqlQuery<string>($"""
            select j.arguments::text as "Value" from jobs j
            where j.kind = {CameraClip.Kind} and j.state = 'dead'
              and exists (select from expectations e where e.conversation_id = (j.arguments ->> 'conversation_id')::uuid
                and e.medium = 'video' and e.external_id = 'camera:' || (j.arguments ->> 'camera') and e.state in ('expected', 'late'))
              and not exists (select from jobs o where o.unique_key = j.unique_key and o.state in ('queued', 'running'))
            limit 100
            """).ToListAsync(ct);
        foreach (var clip in given.Select(JobArguments.Read<CameraClip>))
        {
            if (await OpenExpectation.SetAbsentAsync(db, clip, Reason, ct))
                Log.Absent(logger, clip.Camera, clip.SourceId, clip.ConversationId);
        }
        await context.CompleteInAsync(db, ct);
        await transaction.CommitAsync(ct);
        return JobOutcome.Done;
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Camera {Camera} of source {SourceId} gave no clip for conversation {ConversationId}: no worker took it in time. The failed jobs say more")]
        public static partial void Absent(ILogger logger, string camera, Guid sourceId, Guid conversationId);
    }
}
