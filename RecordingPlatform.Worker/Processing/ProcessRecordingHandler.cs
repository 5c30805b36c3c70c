#pragma warning disable RS0030 // plaintext passes through files of the job's own work directory, nowhere else

using System.IO.Pipelines;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Events;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Processing;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Worker.Processing;

/// <summary>
/// Probes an original, makes its renditions and waveform, and publishes all of it in one transaction with the job's own end.
/// Safe to run twice: what an earlier run wrote was never published and is swept, and a run that lost its lease is refused at
/// the guard.
/// </summary>
internal sealed class ProcessRecordingHandler(RecordingDb db, ObjectReader reader, ObjectWriter writer, WorkDirectories workDirectories, MediaProbe probe, MediaRenderer renderer, AuditTrail audit)
    : IJobHandler<ProcessRecording>
{
    const int BufferBytes = 256 * 1024;

    public async Task<JobOutcome> RunAsync(ProcessRecording arguments, JobContext context, CancellationToken ct)
    {
        var recording = await db.Recordings.AsNoTracking().Include(r => r.Source).SingleAsync(r => r.Id == arguments.RecordingId, ct);
        var original = await db.Objects.AsNoTracking().SingleOrDefaultAsync(o => o.RecordingId == recording.Id && o.Role == ObjectRole.Original
            && o.State == ObjectState.Published && o.SupersededAt == null && o.Deletion == DeletionState.None, ct);
        if (recording.DeletedAt is not null || original is null)
            return JobOutcome.Done;
        if (recording.Container is null)
            return await PublishDamageAsync(recording, new MediaDamage(MediaDamageKind.Unreadable, "The content is no audio or video that the platform knows."), context, ct);
        try
        {
            await BeginAsync(recording, ct);
            return await ProcessAsync(recording, original, context, ct);
        }
        catch (KeyUnavailableException away)
        {
            return JobOutcome.Snooze(away.RetryAfter, "the key service does not answer");
        }
    }

    async Task<JobOutcome> ProcessAsync(Recording recording, ObjectRow original, JobContext context, CancellationToken ct)
    {
        using var workdir = workDirectories.Create(MediaRenderer.ExpectedBytes(original.PlaintextLength!.Value));
        var type = MediaType.Find(recording.Container!) ?? throw new InvalidOperationException($"Recording {recording.Id} has a container '{recording.Container}' that nothing here reads.");
        var input = workdir.File($"original{type.Extension}");
        await using (var file = new FileStream(input, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0))
        using (var opened = await reader.OpenAsync(db, original, ct))
        {
            var pipe = PipeWriter.Create(file, new StreamPipeWriterOptions(leaveOpen: true));
            await opened.CopyRangeAsync(0, opened.Length, pipe, ct);
            await pipe.CompleteAsync();
        }
        switch (await probe.ProbeAsync(input, type, ct))
        {
            case ProbeResult.Damaged damaged:
                return await PublishDamageAsync(recording, damaged.Damage, context, ct);
            case ProbeResult.Readable readable:
                var progress = new Progress(context, ct);
                return await renderer.RenderAsync(input, readable.Facts, workdir, new RenderSettings { ReduceNoise = recording.Source.NoiseReduction }, progress, ct) switch
                {
                    RenderResult.Rendered rendered => await PublishAsync(recording, readable.Facts, rendered.Rendition, context, ct),
                    RenderResult.Damaged damaged => await PublishDamageAsync(recording, damaged.Damage, context, ct),
                    _ => throw new InvalidOperationException("A render ends rendered or damaged."),
                };
            default:
                throw new InvalidOperationException("A probe ends readable or damaged.");
        }
    }

    // The API says processing from here on; a reprocessed recording stays what it is.
    async Task BeginAsync(Recording recording, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var begun = await db.Recordings.Where(r => r.Id == recording.Id && r.State == RecordingState.Stored && r.ProcessingStartedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(r => r.ProcessingStartedAt, r => RecordingDb.Now()).SetProperty(r => r.RowVersion, r => r.RowVersion + 1), ct);
        if (begun == 1)
            db.Events.Add(new EventRow { Kind = "recording.processing", RecordingId = recording.Id, ConversationId = recording.ConversationId });
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
    }

    async Task<JobOutcome> PublishAsync(Recording recording, MediaFacts facts, Rendition rendition, JobContext context, CancellationToken ct)
    {
        var made = new List<(PendingObject Object, string ContentType)>();
        try
        {
            made.Add((await SealAsync(recording, ObjectRole.Playback, "high", rendition.High, ct), rendition.High.ContentType));
            if (rendition.Low is { } low)
                made.Add((await SealAsync(recording, ObjectRole.Playback, "low", low, ct), low.ContentType));
            if (rendition.WaveformFile is { } waveform)
                made.Add((await SealAsync(recording, ObjectRole.Waveform, "", waveform, ct), waveform.ContentType));

            await made[0].Object.PrepareAsync(recording.KeyOwner, ct);
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            await context.GuardAsync(db, ct);
            var locked = await LockOpenAsync(recording.Id, ct);
            if (locked is not null)
            {
                await SupersedeRenditionsAsync(recording.Id, ct);
                foreach (var (pending, contentType) in made)
                    await pending.PublishAsync(db, locked.KeyOwner, recording.Id, contentType, fileName: null, ct);
                Describe(locked, facts, rendition);
                locked.UpdatedAt = await db.NowAsync(ct);
                await FinishAsync(locked, "recording.ready", AuditAction.RecordingProcessed, new { objects = made.Select(m => m.Object.Row.Id) }, ct);
            }
            await context.CompleteInAsync(db, ct);
            await transaction.CommitAsync(ct);
        }
        finally
        {
            foreach (var (pending, _) in made)
                await pending.DisposeAsync();
        }
        return JobOutcome.Done;
    }

    async Task<JobOutcome> PublishDamageAsync(Recording recording, MediaDamage damage, JobContext context, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await context.GuardAsync(db, ct);
        if (await LockOpenAsync(recording.Id, ct) is { } locked)
        {
            // What plays goes on playing: a ready recording keeps its renditions when a later run cannot make new ones.
            if (locked.State != RecordingState.Ready)
            {
                locked.State = RecordingState.Damaged;
                locked.StateReason = damage.Reason;
            }
            locked.UpdatedAt = await db.NowAsync(ct);
            await FinishAsync(locked, locked.State == RecordingState.Damaged ? "recording.damaged" : "recording.ready", AuditAction.RecordingDamaged,
                new { kind = SnakeCase.Of(damage.Kind), state = SnakeCase.Of(locked.State) }, ct);
        }
        await context.CompleteInAsync(db, ct);
        await transaction.CommitAsync(ct);
        return JobOutcome.Done;
    }

    // Null when somebody deleted it meanwhile: what was made is then swept, not published.
    async Task<Recording?> LockOpenAsync(Guid recordingId, CancellationToken ct) =>
        await db.LockForChangeAsync(recordingId, ct) is { DeletedAt: null } locked ? locked : null;

    // Sets them aside and removes nothing: under a hold they stay, otherwise the clean-up takes them.
    Task<int> SupersedeRenditionsAsync(Guid recordingId, CancellationToken ct) =>
        db.Objects.Where(o => o.RecordingId == recordingId && (o.Role == ObjectRole.Playback || o.Role == ObjectRole.Waveform) && o.State == ObjectState.Published && o.SupersededAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(o => o.SupersededAt, o => RecordingDb.Now()), ct);

    static void Describe(Recording recording, MediaFacts facts, Rendition rendition)
    {
        var audio = facts.Audio is [var first, ..] ? first : null;
        var video = facts.Video is [var picture, ..] ? picture : null;
        recording.State = RecordingState.Ready;
        recording.StateReason = null;
        recording.Duration = rendition.Duration;
        recording.MimeType = facts.ContentType;
        recording.AudioCodec = audio?.Codec;
        recording.Channels = audio?.Channels;
        recording.SampleRate = audio?.SampleRate;
        recording.VideoCodec = video?.Codec;
        recording.Width = video?.Width;
        recording.Height = video?.Height;
        recording.LoudnessLufs = rendition.Loudness?.IntegratedLufs;
        recording.TruePeakDbtp = rendition.Loudness?.TruePeakDbtp;
        recording.GainDb = rendition.Loudness?.GainDb;
    }

    async Task FinishAsync(Recording recording, string happened, AuditAction action, object facts, CancellationToken ct)
    {
        recording.ProcessingStartedAt = null;
        recording.RowVersion++;
        db.Events.Add(new EventRow { Kind = happened, RecordingId = recording.Id, ConversationId = recording.ConversationId });
        await audit.RecordAsync(action, Caller.System, ct, AuditTarget.Of(recording), facts);
        await db.SaveChangesAsync(ct);
    }

    async Task<PendingObject> SealAsync(Recording recording, ObjectRole role, string variant, RenditionFile rendition, CancellationToken ct)
    {
        var pending = await writer.BeginAsync(new ObjectDraft { OwnerKind = OwnerKind.Recording, OwnerId = recording.Id, Role = role, Variant = variant }, ct);
        try
        {
            await using var file = new FileStream(rendition.Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            var buffer = new byte[BufferBytes];
            for (int read; (read = await file.ReadAsync(buffer, ct)) > 0;)
                await pending.WriteAsync(buffer.AsMemory(0, read), ct);
            await pending.CompleteAsync(ct);
            return pending;
        }
        catch
        {
            await pending.DisposeAsync();
            throw;
        }
    }

    // The renderer reports from its own reading loop and must not wait for the database.
    sealed class Progress(JobContext context, CancellationToken ct) : IProgress<double>
    {
        Task _last = Task.CompletedTask;

        public void Report(double value)
        {
            if (_last.IsCompleted)
                _last = context.ReportProgressAsync(value, ct);
        }
    }
}
