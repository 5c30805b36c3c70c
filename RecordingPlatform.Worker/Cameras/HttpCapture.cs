#pragma warning disable RS0030 // writes a file of a work directory

using System.Globalization;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Worker.Cameras;

/// <summary>Takes what an HTTP camera sends: JPEG pictures one after the other, or a container.</summary>
sealed class HttpCapture(CameraAddress address, CameraSignIn? signIn, CameraOptions options, HttpClient http, TimeProvider clock)
{
    public const string Client = "camera";

    static readonly HttpRequestOptionsKey<CameraAddress> s_address = new("camera.address");

    // Live containers begin with what makes the rest readable, and a second or two may pass until the first picture.
    static readonly TimeSpan s_aroundClip = TimeSpan.FromSeconds(3);

    /// <summary>A client that reaches nothing but the address of its request, and follows nowhere.</summary>
    public static SocketsHttpHandler NewHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = System.Net.DecompressionMethods.None,
        MaxResponseHeadersLength = 16,
        // A connection belongs to one try: its address was looked up for that.
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectCallback = async (context, ct) => context.InitialRequestMessage.Options.TryGetValue(s_address, out var address)
            ? await address.ConnectAsync(ct)
            : throw new InvalidOperationException("A request of the camera client names no camera."),
    };

    /// <exception cref="CameraException">Nothing came that is a clip.</exception>
    public async Task<Footage> TakeAsync(WorkDirectory workdir, CancellationToken ct)
    {
        try
        {
            using var answer = await AskAsync(ct);
            await using var body = await answer.Content.ReadAsStreamAsync(ct);
            return answer.Content.Headers.ContentType?.MediaType is { } type && (type.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) || type.Equals("image/jpeg", StringComparison.OrdinalIgnoreCase))
                ? await PicturesAsync(body, workdir, ct)
                : await ContainerAsync(body, workdir, ct);
        }
        catch (HttpRequestException e)
        {
            throw e.InnerException as CameraException ?? (e.HttpRequestError == HttpRequestError.SecureConnectionError
                ? new CameraException("The camera's certificate is not trusted, or is for another name. Give the camera a certificate of an authority that the worker trusts.", isFinal: true, e)
                : new CameraException("What answers at the camera's address does not speak HTTP, or broke off.", inner: e));
        }
    }

    async Task<HttpResponseMessage> AskAsync(CancellationToken ct)
    {
        var answer = await SendAsync(ct);
        if ((int)answer.StatusCode == 401)
        {
            var challenges = answer.Headers.WwwAuthenticate.ToList();
            answer.Dispose();
            if (signIn is null)
                throw new CameraException("The camera asks for a sign-in and none is stored. Store its user and password with the source's secrets.", isFinal: true);
            if (!signIn.Take(challenges))
                throw new CameraException("The camera asks for a kind of sign-in that is not supported. Set it to Digest.", isFinal: true);
            answer = await SendAsync(ct);
        }
        return (int)answer.StatusCode switch
        {
            200 => answer,
            >= 300 and < 400 => throw Refuse(answer, "The camera sends on to another address, which is not followed. Put that address into the source's settings.", isFinal: true),
            401 or 403 => throw Refuse(answer, "The camera refused the sign-in. Correct its user and password in the source's secrets.", isFinal: true),
            404 => throw Refuse(answer, "The camera knows no stream at this path. Correct the address in the source's settings.", isFinal: true),
            var status => throw Refuse(answer, $"The camera answered with the error {status.ToString(CultureInfo.InvariantCulture)}.", isFinal: false),
        };
    }

    static CameraException Refuse(HttpResponseMessage answer, string reason, bool isFinal)
    {
        answer.Dispose();
        return new CameraException(reason, isFinal);
    }

    async Task<HttpResponseMessage> SendAsync(CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address.Url);
        request.Options.Set(s_address, address);
        request.Headers.ConnectionClose = true;
        if (signIn?.Authorize("GET", address.Url.PathAndQuery) is { } authorization)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
    }

    async Task<Footage> PicturesAsync(Stream body, WorkDirectory workdir, CancellationToken ct)
    {
        var scanner = new JpegScanner();
        await using var file = new PictureFile(workdir, streamType: null, (int)TransportStream.ClockRate, options.Clip, clock);
        try
        {
            await ReadAsync(body, async bytes =>
            {
                foreach (var picture in scanner.Add(bytes))
                    await file.AddAsync(new Picture(0, IsWhole: true, picture), ct);
                return !file.IsEnough;
            }, ct);
        }
        catch (Exception e) when (file.IsWorthKeeping && e is (OperationCanceledException or HttpRequestException or IOException))
        {
            // A shorter clip.
        }
        if (!file.IsWorthKeeping)
            throw new CameraException(file.IsEmpty ? "The camera sent nothing that is video." : "The camera sent a picture and no video. Put the address of its stream into the source's settings.");
        return await file.CompleteAsync();
    }

    async Task<Footage> ContainerAsync(Stream body, WorkDirectory workdir, CancellationToken ct)
    {
        var path = workdir.File("camera");
        var leading = new MemoryStream();
        MediaType? type = null;
        var enough = options.Clip + s_aroundClip;
        long? began = null;
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        try
        {
            await ReadAsync(body, async bytes =>
            {
                began ??= clock.GetTimestamp();
                await file.WriteAsync(bytes, ct);
                if (type is null)
                {
                    leading.Write(bytes.Span);
                    type = MediaRecognition.Recognise(leading.GetBuffer().AsSpan(0, (int)leading.Length));
                    if (type is null && leading.Length >= MediaRecognition.LeadingBytes)
                        return false;
                }
                return clock.GetElapsedTime(began.Value) < enough;
            }, ct);
        }
        catch (Exception e) when (type is not null && e is (OperationCanceledException or HttpRequestException or IOException))
        {
            // What has come by then may do: ffmpeg will say.
        }
        return type?.VideoContentType is null ? throw new CameraException("The camera sent nothing that is video.") : new Footage(path, type, null);
    }

    async Task ReadAsync(Stream body, Func<ReadOnlyMemory<byte>, Task<bool>> goOnAsync, CancellationToken ct)
    {
        var buffer = new byte[64 * 1024];
        var left = options.MaxBytes;
        int read;
        while (left > 0 && (read = await body.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), ct)) > 0)
        {
            left -= read;
            if (!await goOnAsync(buffer.AsMemory(0, read)))
                return;
        }
    }
}
