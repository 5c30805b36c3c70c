using System.Globalization;
using System.Text;

namespace RecordingPlatform.Tests.Cameras;

/// <summary>An HTTP camera, byte by byte.</summary>
internal sealed class HttpCamera : IAsyncDisposable
{
    readonly List<string> _requests = [];
    readonly Peer _peer;

    HttpCamera(Func<string, Stream, CancellationToken, Task> answerAsync) => _peer = new Peer(async (stream, ct) =>
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var request = new StringBuilder();
        while (await reader.ReadLineAsync(ct) is { Length: > 0 } line)
            request.AppendLine(line);
        lock (_requests)
            _requests.Add(request.ToString());
        await answerAsync(request.ToString(), stream, ct);
    });

    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_peer.Port}/live.cgi?user=1");

    public int Connections => _peer.Connections;

    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_requests)
                return [.. _requests];
        }
    }

    /// <summary>Sends these bytes as its whole answer.</summary>
    public static HttpCamera Sending(string head, byte[] body) => new(async (_, stream, ct) =>
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head + "\r\n\r\n"), ct);
        await stream.WriteAsync(body, ct);
    });

    /// <summary>Sends noise without end.</summary>
    public static HttpCamera SendingNoise(string head) => new(async (_, stream, ct) =>
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head + "\r\n\r\n"), ct);
        await Noise.SendAsync(stream, ct);
    });

    /// <summary>Ten JPEG pictures a second, in parts whose boundary is written as cheap cameras do.</summary>
    public static HttpCamera OfPictures(IReadOnlyList<byte[]> pictures, string? credentials = null, string scheme = "MD5") => new(async (request, stream, ct) =>
    {
        var authorization = request.Split('\n').FirstOrDefault(line => line.StartsWith("Authorization: ", StringComparison.Ordinal))?.Split(": ", 2)[1].Trim();
        if (credentials is not null && !RtspCamera.SignedIn(credentials, scheme, "GET", authorization))
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"a \\\"camera\\\"\", nonce=\"5f2a\", qop=\"auth\", algorithm={scheme}, opaque=\"0\"\r\nContent-Length: 0\r\n\r\n"), ct);
            return;
        }
        await stream.WriteAsync("HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=--here\r\n\r\n"u8.ToArray(), ct);
        for (var i = 0; ; i++)
        {
            await stream.WriteAsync((byte[])[.. "--here\r\nContent-Type: image/jpeg\r\n\r\n"u8, .. pictures[i % pictures.Count], .. "\r\n"u8], ct);
            await Task.Delay(100, ct);
        }
    });

    public ValueTask DisposeAsync() => _peer.DisposeAsync();
}

internal static class Noise
{
    /// <summary>The same bytes each time, until the other side has had enough.</summary>
    public static async Task SendAsync(Stream stream, CancellationToken ct)
    {
        var noise = new byte[64 * 1024];
        new Random(4711).NextBytes(noise);
        while (true)
            await stream.WriteAsync(noise, ct);
    }
}
