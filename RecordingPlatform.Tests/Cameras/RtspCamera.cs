using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Cameras;

/// <summary>What one camera is like.</summary>
internal sealed record RtspCameraSettings
{
    /// <summary>Of ffmpeg, after its input.</summary>
    public string[] Encoder { get; init; } = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "10"];
    /// <summary><c>user:password</c>; null lets everybody watch.</summary>
    public string? Credentials { get; init; }
    /// <summary>Basic, MD5 or SHA-256.</summary>
    public string SignIn { get; init; } = "MD5";
    /// <summary>Changes the description before it is sent.</summary>
    public Func<string, string> Describe { get; init; } = sdp => sdp;
    /// <summary>In place of an answer to DESCRIBE.</summary>
    public string? InsteadOfDescription { get; init; }
    /// <summary>In place of the transport that it agrees to.</summary>
    public string? Transport { get; init; }
    /// <summary>Frames after which it hangs up.</summary>
    public int? HangsUpAfter { get; init; }
}

/// <summary>
/// An RTSP server (RFC 2326) whose pictures and description are ffmpeg's: it sends RTP to a UDP port here, and the packets go on
/// interleaved. Shares nothing with the client.
/// </summary>
internal sealed class RtspCamera : IAsyncDisposable
{
    readonly RtspCameraSettings _settings;
    readonly List<string> _requests = [];
    readonly Peer _peer;
    string _description = "";
    volatile TaskCompletionSource _shutter = new();

    RtspCamera(RtspCameraSettings settings)
    {
        _settings = settings;
        _shutter.SetResult();
        _peer = new Peer(ServeAsync);
    }

    public string Url => string.Create(CultureInfo.InvariantCulture, $"rtsp://127.0.0.1:{_peer.Port}/stream?channel=1");

    public int Connections => _peer.Connections;

    /// <summary>Every request with its headers.</summary>
    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_requests)
                return [.. _requests];
        }
    }

    public static async Task<RtspCamera> StartAsync(RtspCameraSettings? settings = null)
    {
        var camera = new RtspCamera(settings ?? new RtspCameraSettings());
        using var unheard = NewPort();
        using var describing = camera.StartEncoder(unheard, "-t", "0.1");
        camera._description = await describing.StandardOutput.ReadToEndAsync();
        await describing.WaitForExitAsync();
        return camera._description.Contains("m=video", StringComparison.Ordinal) ? camera : throw new InvalidOperationException($"ffmpeg describes no video: {camera._description}");
    }

    /// <summary>Sends no pictures until it is opened.</summary>
    public void CloseShutter() => _shutter = new TaskCompletionSource();

    public void OpenShutter() => _shutter.TrySetResult();

    static UdpClient NewPort() => new(new IPEndPoint(IPAddress.Loopback, 0)) { Client = { ReceiveBufferSize = 4 << 20 } };

    System.Diagnostics.Process StartEncoder(UdpClient packets, params string[] more) => Run.Start(
    [
        "ffmpeg", "-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=10", "-pix_fmt", "yuv420p",
        .. _settings.Encoder, "-threads", "1", .. more, "-f", "rtp", $"rtp://127.0.0.1:{((IPEndPoint)packets.Client.LocalEndPoint!).Port}?pkt_size=1200",
    ]);

    async Task ServeAsync(Stream stream, CancellationToken ct)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var sending = Task.CompletedTask;
        while (await ReadAsync(reader, ct) is { } request)
        {
            lock (_requests)
                _requests.Add(request);
            var method = request.Split(' ')[0];
            if (method == "TEARDOWN")
                break;
            await stream.WriteAsync(Encoding.ASCII.GetBytes(Answer(method, request)), ct);
            if (method == "PLAY")
                sending = SendAsync(stream, stop.Token);
        }
        await stop.CancelAsync();
        await sending;
    }

    static async Task<string?> ReadAsync(StreamReader reader, CancellationToken ct)
    {
        var request = new StringBuilder();
        while (await reader.ReadLineAsync(ct) is { } line)
        {
            if (line.Length == 0)
                return request.ToString();
            request.AppendLine(line);
        }
        return null;
    }

    string Answer(string method, string request)
    {
        var sequence = Header(request, "CSeq");
        string Say(string status, string headers = "", string body = "") => $"RTSP/1.0 {status}\r\nCSeq: {sequence}\r\n{headers}\r\n{body}";
        if (_settings.Credentials is not null && !IsSignedIn(method, request))
            return Say("401 Unauthorized", Challenge());
        switch (method)
        {
            case "DESCRIBE" when _settings.InsteadOfDescription is { } instead:
                return Say(instead.Split("\r\n")[0], string.Concat(instead.Split("\r\n")[1..].Select(line => line + "\r\n")));
            case "DESCRIBE":
                var body = _settings.Describe(_description.Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal) + "a=control:track1\r\n");
                return Say("200 OK", $"Content-Type: application/sdp\r\nContent-Base: {Url.Split('?')[0]}/\r\nContent-Length: {body.Length}\r\n", body);
            case "SETUP":
                return Say("200 OK", $"Session: 4711;timeout=60\r\nTransport: {_settings.Transport ?? "RTP/AVP/TCP;unicast;interleaved=2-3"}\r\n");
            case "PLAY":
                return Header(request, "Session") == "4711" ? Say("200 OK", "Session: 4711\r\n") : Say("454 Session Not Found");
            default:
                return Say("405 Method Not Allowed");
        }
    }

    async Task SendAsync(Stream stream, CancellationToken ct)
    {
        await _shutter.Task.WaitAsync(ct);
        using var packets = NewPort();
        using var encoder = StartEncoder(packets);
        try
        {
            for (var sent = 0; sent != _settings.HangsUpAfter; sent++)
            {
                var packet = (await packets.ReceiveAsync(ct)).Buffer;
                await stream.WriteAsync((byte[])[(byte)'$', 2, (byte)(packet.Length >> 8), (byte)packet.Length, .. packet], ct);
            }
            stream.Close();
        }
        finally
        {
            encoder.Kill();
            await encoder.WaitForExitAsync(CancellationToken.None);
        }
    }

    string Challenge() => _settings.SignIn == "Basic"
        ? "WWW-Authenticate: Basic realm=\"camera\"\r\n"
        : $"WWW-Authenticate: Basic realm=\"camera\"\r\nWWW-Authenticate: Digest realm=\"a \\\"camera\\\"\", nonce=\"5f2a\", qop=\"auth,auth-int\", algorithm={_settings.SignIn}, opaque=\"0\"\r\n";

    bool IsSignedIn(string method, string request) => SignedIn(_settings.Credentials!, _settings.SignIn, method, Header(request, "Authorization"));

    /// <summary>As RFC 7617 and RFC 7616 say.</summary>
    public static bool SignedIn(string credentials, string scheme, string method, string? authorization)
    {
        if (authorization is null)
            return false;
        if (scheme == "Basic")
            return authorization == "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials));
        string Field(string name) => System.Text.RegularExpressions.Regex.Match(authorization, $"[ ,]{name}=\"?([^\",]*)\"?").Groups[1].Value;
#pragma warning disable CA5351 // What cameras ask for.
        string Hash(string text) => Convert.ToHexStringLower(scheme == "SHA-256" ? SHA256.HashData(Encoding.UTF8.GetBytes(text)) : MD5.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5351
        var (user, password) = (credentials.Split(':', 2)[0], credentials.Split(':', 2)[1]);
        var expected = Hash($"{Hash($"{user}:a \"camera\":{password}")}:5f2a:{Field("nc")}:{Field("cnonce")}:auth:{Hash($"{method}:{Field("uri")}")}");
        return authorization.StartsWith("Digest ", StringComparison.Ordinal) && Field("response") == expected && Field("opaque") == "0";
    }

    static string? Header(string request, string name) =>
        request.Split('\n').FirstOrDefault(line => line.StartsWith(name + ": ", StringComparison.Ordinal))?.Split(": ", 2)[1].Trim();

    public ValueTask DisposeAsync() => _peer.DisposeAsync();
}
