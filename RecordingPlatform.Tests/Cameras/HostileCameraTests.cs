using System.Diagnostics;
using System.Globalization;
using System.Text;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Tests.Media;
using RecordingPlatform.Worker.Cameras;

namespace RecordingPlatform.Tests.Cameras;

public sealed class HostileCameraTests(Studio studio)
{
    static CancellationToken Ct => CameraRig.Ct;

    [Fact]
    public async Task Nothing_that_a_camera_says_leads_to_another_listener()
    {
        await using var other = Peer.Silent();
        var there = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{other.Port}");
        using var rig = new CameraRig(studio);

        await using var redirecting = await RtspCamera.StartAsync(new() { InsteadOfDescription = $"302 Moved\r\nLocation: rtsp://{there}/stream" });
        Assert.Contains("sends on to another address", (await rig.FailureAsync(redirecting.Url)).Message, StringComparison.Ordinal);

        // It names the other everywhere, and is filmed all the same over the one connection.
        await using var describing = await RtspCamera.StartAsync(new()
        {
            Describe = sdp => sdp.Replace("c=IN IP4 127.0.0.1", "c=IN IP4 127.0.0.2", StringComparison.Ordinal).Replace("a=control:track1", $"a=control:rtsp://{there}/track1", StringComparison.Ordinal),
        });
        Assert.Single((await rig.ClipAsync(describing.Url)).Video);
        Assert.Contains(describing.Requests, request => request.StartsWith($"SETUP rtsp://{there}/track1 ", StringComparison.Ordinal));
        Assert.Equal(1, describing.Connections);

        await using var overUdp = await RtspCamera.StartAsync(new() { Transport = $"RTP/AVP;unicast;source=127.0.0.1;server_port={other.Port}-{other.Port + 1}" });
        Assert.Contains("does not send over TCP", (await rig.FailureAsync(overUdp.Url)).Message, StringComparison.Ordinal);

        foreach (var status in new[] { 301, 302, 303, 307, 308 })
        {
            await using var http = HttpCamera.Sending($"HTTP/1.1 {status} Moved\r\nLocation: http://{there}/\r\nContent-Length: 0", []);
            Assert.Contains("sends on to another address", (await rig.FailureAsync(http.Url)).Message, StringComparison.Ordinal);
            Assert.Equal(1, http.Connections);
        }
        foreach (var (type, list) in Playlists(there))
        {
            await using var http = HttpCamera.Sending($"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nConnection: close", Encoding.ASCII.GetBytes(list));
            Assert.Contains("nothing that is video", (await rig.FailureAsync(http.Url)).Message, StringComparison.Ordinal);
        }
        Assert.Equal(0, other.Connections);
    }

    [Fact]
    public async Task Footage_that_is_a_playlist_in_disguise_takes_ffmpeg_nowhere()
    {
        await using var other = Peer.Silent();
        using var rig = new CameraRig(studio);
        foreach (var (_, list) in Playlists(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{other.Port}")))
        {
            foreach (var type in new[] { null, MediaType.MpegTs, MediaType.Mp4, MediaType.Matroska })
            {
                using var workdir = studio.NewWorkDirectory();
                var path = workdir.File("footage");
                await File.WriteAllTextAsync(path, list, Ct);
                await Assert.ThrowsAsync<CameraException>(() => rig.MakeAsync(new Footage(path, type, type is null ? 10 : null), workdir));
            }
        }
        Assert.Equal(0, other.Connections);
    }

    [Fact]
    public async Task A_camera_that_never_sends_is_left_in_time()
    {
        await using var silent = Peer.Silent();
        await using var noPictures = await RtspCamera.StartAsync();
        noPictures.CloseShutter();
        using var rig = new CameraRig(studio, ("Within", "00:00:03"));
        foreach (var url in new[] { Url("rtsp", silent), Url("http", silent), Url("https", silent), noPictures.Url })
        {
            var watch = Stopwatch.StartNew();
            var failure = await rig.FailureAsync(url);
            Assert.InRange(watch.Elapsed.TotalSeconds, 2.9, 10);
            Assert.Contains("in time", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Noise_without_end_is_left_when_it_is_known_for_that_or_is_too_much()
    {
        using var rig = new CameraRig(studio, ("MaxBytes", "2097152"));
        await using var noise = new Peer(Noise.SendAsync);
        Assert.Contains("does not speak RTSP", (await rig.FailureAsync(Url("rtsp", noise))).Message, StringComparison.Ordinal);
        Assert.Contains("does not speak HTTP", (await rig.FailureAsync(Url("http", noise))).Message, StringComparison.Ordinal);

        await using var asVideo = HttpCamera.SendingNoise("HTTP/1.1 200 OK\r\nContent-Type: video/mp4");
        Assert.Contains("nothing that is video", (await rig.FailureAsync(asVideo.Url)).Message, StringComparison.Ordinal);
        await using var asPictures = HttpCamera.SendingNoise("HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=x");
        Assert.Contains("nothing that is video", (await rig.FailureAsync(asPictures.Url)).Message, StringComparison.Ordinal);

        await using var asFrames = new Peer(async (stream, ct) =>
        {
            while (true)
                await stream.WriteAsync((byte[])[(byte)'$', 0, 0x40, 0, .. new byte[0x4000]], ct);
        });
        Assert.Contains("more than a clip may have", (await rig.FailureAsync(Url("rtsp", asFrames))).Message, StringComparison.Ordinal);
        await using var headers = HttpCamera.Sending("HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Repeat("X: " + new string('x', 1000) + "\r\n", 100)) + "Y: y", []);
        Assert.Contains("does not speak HTTP", (await rig.FailureAsync(headers.Url)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Packets_of_noise_become_no_picture_and_no_error()
    {
        var random = new Random(4711);
        foreach (var encoding in new[] { "H264", "H265", "MP4V-ES", "JPEG" })
        {
            var pictures = PictureAssembler.For(new SdpVideo { PayloadType = 96, Encoding = encoding, ClockRate = 90_000, Parameters = new Dictionary<string, string> { ["sprop-parameter-sets"] = "%,Z0I=", ["config"] = "0xz" } })!;
            using var workdir = studio.NewWorkDirectory();
            await using var file = new PictureFile(workdir, pictures.StreamType, 90_000, TimeSpan.FromSeconds(5), TimeProvider.System);
            for (var i = 0; i < 20_000; i++)
            {
                var bytes = new byte[random.Next(0, 60)];
                random.NextBytes(bytes);
                if (bytes.Length > 0)
                    bytes[0] = (byte)(0x80 | (bytes[0] & 0x3f));
                if (RtpPacket.Read(bytes) is { } packet)
                {
                    foreach (var picture in pictures.Add(packet))
                        await file.AddAsync(picture, Ct);
                }
            }
        }
    }

    static string Url(string scheme, Peer peer) => string.Create(CultureInfo.InvariantCulture, $"{scheme}://127.0.0.1:{peer.Port}/stream");

    static IEnumerable<(string Type, string Text)> Playlists(string host) =>
    [
        ("application/vnd.apple.mpegurl", $"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://{host}/a.ts\n#EXT-X-ENDLIST\n"),
        ("video/mp4", $"ffconcat version 1.0\nfile 'http://{host}/a.mp4'\n"),
        ("application/sdp", $"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {host.Split(':')[1]} RTP/AVP 96\na=rtpmap:96 H264/90000\n"),
        ("application/dash+xml", $"<?xml version=\"1.0\"?><MPD><BaseURL>http://{host}/</BaseURL></MPD>"),
    ];
}
