using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Core.Jibri;

/// <summary>Takes in one file of Jibri's from the media location.</summary>
public sealed record FetchMeetingFile : IJobArguments
{
    public static string Kind => "jibri.fetch";

    public required Guid SpoolFileId { get; init; }

    public static string KeyOf(Guid spoolFileId) => $"fetch:{spoolFileId}";

    /// <summary>Gives a file that is watched to the job that takes it in. Runs in the caller's transaction.</summary>
    /// <returns>False when somebody else was first.</returns>
    public static async Task<bool> BeginAsync(RecordingDb db, Guid spoolFileId, Guid conversationId, short priority, CancellationToken ct)
    {
        var begun = await db.SpoolFiles.Where(f => f.Id == spoolFileId && f.State == SpoolFileState.Seen).ExecuteUpdateAsync(set => set
            .SetProperty(f => f.State, SpoolFileState.Fetching).SetProperty(f => f.ConversationId, conversationId).SetProperty(f => f.UpdatedAt, f => RecordingDb.Now()), ct);
        if (begun == 1)
            Enqueue(db, spoolFileId, priority);
        return begun == 1;
    }

    /// <summary>Has a file in hand taken in once more when its job has ended without it, as by five failures.</summary>
    public static async Task EnsureAsync(RecordingDb db, Guid spoolFileId, CancellationToken ct)
    {
        var key = KeyOf(spoolFileId);
        if (!await db.Jobs.AnyAsync(j => j.UniqueKey == key && (j.State == JobState.Queued || j.State == JobState.Running), ct))
            Enqueue(db, spoolFileId, JobOptions.NormalPriority);
    }

    static void Enqueue(RecordingDb db, Guid spoolFileId, short priority) =>
        db.Enqueue(new FetchMeetingFile { SpoolFileId = spoolFileId }, new JobOptions { Priority = priority, UniqueKey = KeyOf(spoolFileId) });
}

/// <summary>Looks through the media locations of all Jibris for files that nobody reported.</summary>
public sealed record SweepMeetings : IJobArguments
{
    public static string Kind => "jibri.sweep";
}

/// <summary>Looks through the media location of one.</summary>
public sealed record SweepMeetingSource : IJobArguments
{
    public static string Kind => "jibri.sweep_source";

    public required Guid SourceId { get; init; }

    public static string KeyOf(Guid sourceId) => $"sweep:{sourceId}";
}
