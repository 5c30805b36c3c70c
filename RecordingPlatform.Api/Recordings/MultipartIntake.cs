using System.Buffers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Core.Objects;

namespace RecordingPlatform.Api.Recordings;

/// <summary>What came of a multipart body: a complete original with its fields, or the problem. Disposing removes what was not published.</summary>
internal sealed class ReceivedUpload : IAsyncDisposable
{
    public Problem? Problem { get; init; }
    public PendingObject? Original { get; init; }
    public MediaType? Type { get; init; }
    public IntakeFields? Fields { get; init; }
    /// <summary>What arrived, whatever the boundary and the order of the parts.</summary>
    public byte[]? Fingerprint { get; init; }

    public ValueTask DisposeAsync() => Original?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>
/// Reads multipart/form-data in one pass, in whatever order its parts come, sealing the file while it arrives.
/// </summary>
internal sealed class MultipartIntake(ObjectWriter objects, IOptions<IngestOptions> options)
{
    // A field holds an id, a number or a title; these bounds keep a hostile body from growing in memory.
    internal const int MaxFields = 64;
    const int MaxFieldBytes = 16 * 1024;
    const int BufferBytes = 256 * 1024;
    // What multipart framing and fields may add to the file itself.
    internal const long FramingBytes = MaxFields * MaxFieldBytes + 64 * 1024;

    public async Task<ReceivedUpload> ReceiveAsync(HttpContext http, CancellationToken ct)
    {
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= 200 } boundary)
            return Refuse(new UnsupportedMedia("multipart_expected", "Send multipart/form-data with the recording as the part 'file' or 'audio'."));
        if (http.Request.ContentLength > options.Value.MaxFileBytes + FramingBytes)
            return Refuse(TooLarge());
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = options.Value.MaxFileBytes + FramingBytes;

        PendingObject? original = null;
        try
        {
            var (found, mediaType, fields, fingerprint, problem) = await ReadPartsAsync(new MultipartReader(boundary, http.Request.Body, BufferBytes), pending => original = pending, ct);
            if (problem is not null)
                return await RefuseAsync(problem);
            return new ReceivedUpload { Original = found, Type = mediaType, Fields = fields, Fingerprint = fingerprint };
        }
        catch (BodyEndedException)
        {
            return await RefuseAsync(new Unprocessable("upload_truncated", "The body ended before its closing boundary: the upload was cut off. Nothing was kept; send it again."));
        }
        catch (InvalidDataException e)
        {
            return await RefuseAsync(new Unprocessable("multipart_malformed", $"The multipart body could not be read: {e.Message}"));
        }
        catch
        {
            if (original is not null)
                await original.DisposeAsync();
            throw;
        }

        async Task<ReceivedUpload> RefuseAsync(Problem problem)
        {
            if (original is not null)
                await original.DisposeAsync();
            return Refuse(problem);
        }
    }

    async Task<(PendingObject? Original, MediaType? Type, IntakeFields? Fields, byte[]? Fingerprint, Problem? Problem)> ReadPartsAsync(MultipartReader parts, Action<PendingObject> begun, CancellationToken ct)
    {
        var fields = new UploadFields();
        PendingObject? original = null;
        MediaType? type = null;
        while (await NextAsync(parts, ct) is { } part)
        {
            if (!ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out var disposition) || disposition.Name.Value is null)
                return Problem(new Unprocessable("part_unnamed", "Every part needs a Content-Disposition with a name."));
            var name = HeaderUtilities.RemoveQuotes(disposition.Name).Value!;
            if (name is "file" or "audio")
            {
                if (original is not null)
                    return Problem(new Unprocessable("several_files", "One upload carries one file. Send the others on their own, with the same callId if they belong together."));
                fields.FileName = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).Value;
                var (sealedFile, mediaType, problem) = await SealAsync(part, begun, ct);
                if (problem is not null)
                    return Problem(problem);
                (original, type) = (sealedFile, mediaType);
            }
            else if (await ReadFieldAsync(part, ct) is not { } value)
            {
                return Problem(new TooLarge("field_too_large", $"The field '{name}' is larger than {MaxFieldBytes} bytes."));
            }
            else if (!fields.TryAdd(name, value, MaxFields))
            {
                return Problem(new Unprocessable("too_many_fields", $"An upload carries at most {MaxFields} fields."));
            }
        }
        if (original is null)
            return Problem(new Unprocessable("file_missing", "There is no part 'file' or 'audio' in the body."));
        if (fields.Check(original.Facts!) is { } wrong)
            return Problem(wrong);
        return (original, type, fields.ToIntakeFields(), fields.Fingerprint(original.Facts!.Sha256), null);

        static (PendingObject?, MediaType?, IntakeFields?, byte[]?, Problem?) Problem(Problem problem) => (null, null, null, null, problem);
    }

    async Task<(PendingObject? Original, MediaType? Type, Problem? Problem)> SealAsync(MultipartSection part, Action<PendingObject> begun, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MediaRecognition.LeadingBytes);
        try
        {
            var head = buffer.AsMemory(0, MediaRecognition.LeadingBytes);
            head = head[..await ReadAsync(part, head, head.Length, ct)];
            if (head.IsEmpty)
                return (null, null, new Unprocessable("file_empty", "The file has no bytes."));
            if (MediaRecognition.Recognise(head.Span) is not { } type)
                return (null, null, new UnsupportedMedia("media_unknown", "The file does not begin like any audio or video format we know, whatever its name says. Send WAV, MP3, M4A, MP4, WebM, Ogg, FLAC or another common format."));
            var original = await objects.BeginAsync(new ObjectDraft { OwnerKind = OwnerKind.Recording, OwnerId = Guid.CreateVersion7(), Role = ObjectRole.Original }, ct);
            begun(original);
            await original.WriteAsync(head, ct);
            // From here on straight into the memory that is sealed: at these speeds another copy is a twentieth of the upload.
            var total = (long)head.Length;
            while (await ReadAsync(part, await original.GetMemoryAsync(ct), 1, ct) is > 0 and var read)
            {
                total += read;
                if (total > options.Value.MaxFileBytes)
                    return (null, null, TooLarge());
                original.Advance(read);
            }
            await original.CompleteAsync(ct);
            return (original, type, null);
        }
        finally
        {
            // It held plaintext, and the pool hands it to whoever asks next.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    internal static async Task<string?> ReadFieldAsync(MultipartSection part, CancellationToken ct)
    {
        var bytes = new byte[MaxFieldBytes + 1];
        var read = await ReadAsync(part, bytes, bytes.Length, ct);
        return read > MaxFieldBytes ? null : System.Text.Encoding.UTF8.GetString(bytes, 0, read);
    }

    static async Task<MultipartSection?> NextAsync(MultipartReader parts, CancellationToken ct)
    {
        try
        {
            return await parts.ReadNextSectionAsync(ct);
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            throw new BodyEndedException(e);
        }
    }

    static async Task<int> ReadAsync(MultipartSection part, Memory<byte> buffer, int atLeast, CancellationToken ct)
    {
        try
        {
            return await part.Body.ReadAtLeastAsync(buffer, atLeast, throwOnEndOfStream: false, ct);
        }
        catch (IOException e) when (e is not BadHttpRequestException)
        {
            throw new BodyEndedException(e);
        }
    }

    TooLarge TooLarge() => new("file_too_large", $"A file may have {options.Value.MaxFileBytes} bytes here (Ingest:MaxFileBytes).") { LimitBytes = options.Value.MaxFileBytes };

    static ReceivedUpload Refuse(Problem problem) => new() { Problem = problem };

    /// <summary>The sender's fault, told apart from the store's, which is an <see cref="IOException"/> too.</summary>
    sealed class BodyEndedException(IOException cause) : Exception("The body ended before its closing boundary.", cause);
}
