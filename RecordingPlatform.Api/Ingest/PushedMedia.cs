using System.Buffers;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jibri;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Ingest;

/// <summary>A body that has come whole and lies sealed, unpublished.</summary>
internal sealed record SealedMedia(PendingObject Original, MediaType? Type);

/// <summary>Receives pushed files: sealed from the body straight away, then a recording in one transaction.</summary>
internal sealed class PushedMedia(RecordingDb db, ObjectWriter objects, RecordingIntake intake)
{
    const int BufferBytes = 256 * 1024;

    /// <summary>The recording of that file, once it has its bytes; also when it was deleted since.</summary>
    public Task<Recording?> FindAsync(Push push, CancellationToken ct) =>
        db.Recordings.AsNoTracking().SingleOrDefaultAsync(r => r.SourceId == push.Source.Id && r.ExternalId == push.ExternalId && r.SizeBytes != null && r.ContentSha256 != null, ct);

    /// <summary>Whether the body is the known recording's. Read only when its hash is not given.</summary>
    public static async Task<bool> IsSameAsync(HttpContext http, Push push, Recording known, CancellationToken ct)
    {
        if (push.Length != known.SizeBytes)
            return false;
        return (push.Sha256 ?? await HashAsync(http.Request.Body, ct)).AsSpan().SequenceEqual(known.ContentSha256);
    }

    static async Task<byte[]> HashAsync(Stream body, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (int read; (read = await body.ReadAsync(buffer, ct)) > 0;)
                hash.AppendData(buffer, 0, read);
            return hash.GetHashAndReset();
        }
        finally
        {
            // It held plaintext, and the pool hands it to whoever asks next.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    /// <summary>Seals the body as it comes. Whatever is wrong with it leaves nothing behind.</summary>
    public async Task<(SealedMedia? Sealed, Problem? Problem)> SealAsync(HttpContext http, Push push, CancellationToken ct)
    {
        var original = await objects.BeginAsync(new ObjectDraft { OwnerKind = OwnerKind.Recording, OwnerId = await intake.IdForAsync(push.Source.Id, push.ExternalId, ct), Role = ObjectRole.Original }, ct);
        var kept = false;
        try
        {
            var (type, problem) = await ReadAsync(http.Request.Body, push, original, ct);
            if (problem is not null)
                return (null, problem);
            kept = true;
            return (new SealedMedia(original, type), null);
        }
        finally
        {
            if (!kept)
                await original.DisposeAsync();
        }
    }

    static async Task<(MediaType? Type, Problem? Problem)> ReadAsync(Stream body, Push push, PendingObject original, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MediaRecognition.LeadingBytes);
        try
        {
            var head = buffer.AsMemory(0, (int)Math.Min(MediaRecognition.LeadingBytes, push.Length));
            var total = (long)await body.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, ct);
            if (total < head.Length)
                return (null, Truncated());
            await original.WriteAsync(head, ct);
            var type = MediaRecognition.Recognise(head.Span);
            // From here on straight into the memory that is sealed.
            while (await body.ReadAsync(await original.GetMemoryAsync(ct), ct) is > 0 and var read)
            {
                total += read;
                original.Advance(read);
            }
            if (total != push.Length)
                return (null, Truncated());
            var facts = await original.CompleteAsync(ct);
            return push.Sha256 is { } given && !given.AsSpan().SequenceEqual(facts.Sha256)
                ? (null, new Unprocessable("hash_mismatch", $"The body's SHA-256 is not the one in {PushMedia.HashHeader}: it was changed on its way, or while it was read. Nothing was kept; send it again."))
                : (type, null);
        }
        catch (BadHttpRequestException)
        {
            return (null, Truncated());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    static Unprocessable Truncated() => new("upload_truncated", "The body ended before Content-Length. Nothing was kept; send it again.");

    /// <summary>Makes the recording, or finds that somebody else did.</summary>
    /// <exception cref="RecordingAppearedException">It was announced while it was read.</exception>
    public async Task<IntakeResult> TakeAsync(Push push, SealedMedia media, CancellationToken ct)
    {
        // A report may have come first: the file goes to the meeting that expects it.
        var conversation = await db.Recordings.Where(r => r.Id == media.Original.Row.OwnerId).Select(r => r.Conversation).SingleOrDefaultAsync(ct) ?? await MeetingAsync(push, ct);
        return await intake.TakeAsync(media.Original, new CapturedMedia
        {
            SourceId = push.Source.Id,
            ExternalId = push.ExternalId,
            ConversationId = conversation.Id,
            Medium = FoundMeeting.MediumOf(push.Path),
            ExpectationId = push.ExternalId,
            FileName = MediaPath.Visible(MediaPath.FileOf(push.Path)),
            RecordedAt = conversation.StartedAt,
            Type = media.Type,
            BroughtBy = push.Sender,
        }, ct);
    }

    async Task<Conversation> MeetingAsync(Push push, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var (conversation, _) = await new ConversationBook(db).WriteAsync(FoundMeeting.Of(push.Source, push.Path, await db.NowAsync(ct), []), ct);
        await transaction.CommitAsync(ct);
        return conversation;
    }
}
