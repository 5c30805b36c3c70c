using System.Globalization;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Worker.Cameras;

/// <summary>Takes pictures of an RTSP camera over the one connection that it is given.</summary>
sealed class RtspCapture(CameraAddress address, CameraSignIn? signIn, CameraOptions options, TimeProvider clock)
{
    static readonly TimeSpan s_farewell = TimeSpan.FromMilliseconds(500);

    string? _session;

    /// <exception cref="CameraException">Nothing came that is a clip.</exception>
    public async Task<Footage> TakeAsync(WorkDirectory workdir, CancellationToken ct)
    {
        await using var stream = await address.ConnectAsync(ct);
        var connection = new RtspConnection(stream, signIn, options.MaxBytes);
        var url = address.Url.GetComponents(UriComponents.SchemeAndServer | UriComponents.PathAndQuery, UriFormat.UriEscaped);

        var description = Require(await connection.AskAsync("DESCRIBE", url, [("Accept", "application/sdp")], ct));
        var video = SdpVideo.Read(description.Body) ?? throw new CameraException("The camera offers no picture at this address. Correct it in the source's settings.", isFinal: true);
        var pictures = PictureAssembler.For(video) ?? throw new CameraException("The camera sends a kind of video that is not supported. Set it to H.264, H.265 or JPEG.", isFinal: true);
        // What the description is relative to (RFC 2326, C.1.1).
        var within = description.Header("Content-Base") ?? description.Header("Content-Location") ?? url;
        var setup = Require(await connection.AskAsync("SETUP", Resolve(within, video.Control), [("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1")], ct));
        var channel = ChannelOf(setup.Header("Transport") ?? "");
        _session = setup.Header("Session")?.Split(';')[0].Trim();
        var whole = Resolve(within, video.SessionControl);
        Require(await connection.AskAsync("PLAY", whole, [.. Session, ("Range", "npt=0.000-")], ct));

        await using var file = new PictureFile(workdir, pictures.StreamType, video.ClockRate, options.Clip, clock);
        await CollectAsync(connection, pictures, channel, video.PayloadType, file, ct);
        await TakeLeaveAsync(connection, whole);
        return await file.CompleteAsync();
    }

    // Ended by the camera or by time: what has come by then may do.
    static async Task CollectAsync(RtspConnection connection, PictureAssembler pictures, byte channel, int payloadType, PictureFile file, CancellationToken ct)
    {
        var came = false;
        try
        {
            while (!file.IsEnough && await connection.FrameAsync(ct) is { } frame)
            {
                if (frame.Channel != channel || RtpPacket.Read(frame.Payload) is not { } packet || packet.PayloadType != payloadType)
                    continue;
                came = true;
                foreach (var picture in pictures.Add(packet))
                    await file.AddAsync(picture, ct);
            }
            if (!file.IsEnough && pictures.Finish() is { } last)
                await file.AddAsync(last, ct);
        }
        catch (Exception e) when (file.IsWorthKeeping && e is (OperationCanceledException or CameraException or IOException))
        {
            return;
        }
        catch (OperationCanceledException e) when (came)
        {
            throw new CameraException("The camera sent no whole picture in time. Set it to send one every second or two.", inner: e);
        }
        if (!file.IsWorthKeeping)
            throw new CameraException(came ? "The camera stopped before it had sent a second of video." : "The camera sent nothing that is video.");
    }

    (string, string)[] Session => _session is null ? [] : [("Session", _session)];

    // Spares the camera a session that it keeps for a minute. Nobody waits for its answer.
    async Task TakeLeaveAsync(RtspConnection connection, string url)
    {
        using var limit = new CancellationTokenSource(s_farewell, clock);
        try
        {
            await connection.SendAsync("TEARDOWN", url, Session, limit.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // It hung up first.
        }
    }

    static RtspAnswer Require(RtspAnswer answer) => answer.Status switch
    {
        >= 200 and < 300 => answer,
        >= 300 and < 400 => throw new CameraException("The camera sends on to another address, which is not followed. Put that address into the source's settings.", isFinal: true),
        403 => throw new CameraException("The camera refuses this account. Give it the right to watch.", isFinal: true),
        404 or 454 or 459 => throw new CameraException("The camera knows no stream at this path. Correct the address in the source's settings.", isFinal: true),
        453 or 503 => throw new CameraException("The camera has no room for another viewer."),
        461 => throw new CameraException("The camera does not send over TCP. Allow RTP over RTSP (interleaved) in its settings.", isFinal: true),
        _ => throw new CameraException($"The camera answered with the error {answer.Status.ToString(CultureInfo.InvariantCulture)}."),
    };

    static byte ChannelOf(string transport)
    {
        var interleaved = transport.Split(';').FirstOrDefault(part => part.Trim().StartsWith("interleaved=", StringComparison.OrdinalIgnoreCase));
        return interleaved is not null && byte.TryParse(interleaved.Split('=')[1].Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var channel)
            ? channel
            : throw new CameraException("The camera does not send over TCP. Allow RTP over RTSP (interleaved) in its settings.", isFinal: true);
    }

    /// <summary>A name to send to this camera, whatever host it holds: nothing is ever connected to by it.</summary>
    static string Resolve(string within, string? control)
    {
        var name = control is null or "*" ? within
            : control.StartsWith("rtsp://", StringComparison.OrdinalIgnoreCase) ? control
            : within.EndsWith('/') ? within + control : $"{within}/{control}";
        return name.All(c => c is > ' ' and < '\x7f') ? name : throw new CameraException("The camera describes its stream with characters that no address has.", isFinal: true);
    }
}
