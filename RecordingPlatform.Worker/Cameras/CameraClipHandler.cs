#pragma warning disable RS0030 // reads the clip from its work directory

using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jobs;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Worker.Cameras;

/// <summary>
/// Takes the clip of a camera that goes with a call, or writes down why there is none. Safe to run twice: an expectation that is
/// settled is left alone, tries are counted before they begin, and the recording has its identity by the camera and the call.
/// </summary>
internal sealed partial class CameraClipHandler(
    RecordingDb db, RecordingIntake intake, ObjectWriter writer, EnvelopeKeys keys, WorkDirectories workDirectories, CameraCapture capture, ClipMaker maker,
    IOptions<CameraOptions> options, ILogger<CameraClipHandler> logger) : IJobHandler<CameraClip>
{
    const int Tries = 2;
    const int BufferBytes = 256 * 1024;

    // A camera that is starting, or has a viewer too many, is often ready by then.
    static readonly TimeSpan s_between = TimeSpan.FromSeconds(3);

    public async Task<JobOutcome> RunAsync(CameraClip arguments, JobContext context, CancellationToken ct)
    {
        var source = await db.Sources.AsNoTracking().SingleAsync(s => s.Id == arguments.SourceId, ct);
        var number = 0;
        try
        {
            var secrets = await source.OpenSecretsAsync(keys, ct);
            var (tried, lastProblem) = await BeginTryAsync(arguments, context, ct);
            if (tried is not { } current)
                return JobOutcome.Done;
            number = current;
            if (number > Tries)
                throw new CameraException(lastProblem ?? "Taking the clip was broken off twice: the worker ended, or could not do its work. The failed jobs say more.", isFinal: true);
            return await TakeAsync(arguments, source, secrets.CameraCredentials.GetValueOrDefault(arguments.Camera), context, ct);
        }
        catch (KeyUnavailableException away)
        {
            if (number > 0)
                await RememberAsync(arguments, "The key service did not answer, so that the clip could not be kept.", context, ct);
            return JobOutcome.Snooze(away.RetryAfter, "KeyUnavailable");
        }
        catch (CameraException e) when (!e.IsFinal && number < Tries)
        {
            await RememberAsync(arguments, e.Message, context, ct);
            return JobOutcome.Snooze(s_between, "CameraDidNotDeliver");
        }
        catch (CameraException e)
        {
            if (await SettleAbsentAsync(arguments, e.Message, context, ct))
                Log.Absent(logger, arguments.Camera, arguments.SourceId, arguments.ConversationId, e.Message);
            return JobOutcome.Done;
        }
    }

    async Task<JobOutcome> TakeAsync(CameraClip arguments, Source source, string? credentials, JobContext context, CancellationToken ct)
    {
        if (!source.Enabled)
            throw new CameraException("The source was switched off.", isFinal: true);
        var camera = SourceSettings.Read(source.Settings).Cameras.FirstOrDefault(c => c.Id == arguments.Camera)
            ?? throw new CameraException("The camera is no longer among the source's cameras.", isFinal: true);
        var call = await db.Conversations.AsNoTracking().Where(c => c.Id == arguments.ConversationId).Select(c => c.ExternalId).SingleAsync(ct);
        var recordedAt = await db.NowAsync(ct);
        using var workdir = workDirectories.Create(options.Value.MaxBytes * 2);
        var clip = await maker.MakeAsync(await capture.TakeAsync(camera.Url, credentials, workdir, ct), workdir, ct);

        var media = new CapturedMedia
        {
            SourceId = source.Id,
            ExternalId = $"camera:{arguments.Camera}:{call}",
            ConversationId = arguments.ConversationId,
            Medium = ExpectedMedium.Video,
            ExpectationId = CameraClip.ExpectationOf(arguments.Camera),
            FileName = $"{arguments.Camera}.mp4",
            RecordedAt = recordedAt,
            Type = MediaType.Mp4,
        };
        await using var original = await SealAsync(await intake.IdForAsync(source.Id, media.ExternalId, ct), clip, ct);
        await intake.TakeAsync(original, media, ct, context.CompleteInAsync);
        return JobOutcome.Done;
    }

    async Task<PendingObject> SealAsync(Guid recordingId, string path, CancellationToken ct)
    {
        var pending = await writer.BeginAsync(new ObjectDraft { OwnerKind = OwnerKind.Recording, OwnerId = recordingId, Role = ObjectRole.Original }, ct);
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
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

    // Counted first: a try that takes its worker down with it is a try as well.
    async Task<(int? Number, string? LastProblem)> BeginTryAsync(CameraClip arguments, JobContext context, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await context.GuardAsync(db, ct);
        if (await OpenExpectation.LockAsync(db, arguments, ct) is not { } expectation)
            return (null, null);
        expectation.Looks++;
        expectation.UpdatedAt = await db.NowAsync(ct);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        // Others may settle it while the clip is taken: the next look is at the row.
        db.ChangeTracker.Clear();
        return (expectation.Looks, expectation.LastProblem);
    }

    async Task RememberAsync(CameraClip arguments, string problem, JobContext context, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await context.GuardAsync(db, ct);
        if (await OpenExpectation.LockAsync(db, arguments, ct) is { } expectation)
        {
            expectation.LastProblem = problem;
            expectation.UpdatedAt = await db.NowAsync(ct);
        }
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        db.ChangeTracker.Clear();
    }

    async Task<bool> SettleAbsentAsync(CameraClip arguments, string reason, JobContext context, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await context.GuardAsync(db, ct);
        var settled = await OpenExpectation.SetAbsentAsync(db, arguments, reason, ct);
        await context.CompleteInAsync(db, ct);
        await transaction.CommitAsync(ct);
        return settled;
    }

    static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Camera {Camera} of source {SourceId} gave no clip for conversation {ConversationId}: {Reason}")]
        public static partial void Absent(ILogger logger, string camera, Guid sourceId, Guid conversationId, string reason);
    }
}
