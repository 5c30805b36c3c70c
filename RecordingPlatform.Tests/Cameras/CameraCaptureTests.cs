using System.Globalization;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Tests.Media;
using RecordingPlatform.Worker.Cameras;

namespace RecordingPlatform.Tests.Cameras;

public sealed class CameraCaptureTests(Studio studio)
{
    [Theory]
    [InlineData("h264", "h264", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "10")]
    // Pictures out of order, many fragments, and parameter sets in the description only.
    [InlineData("h264, reordered", "h264", "-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "10", "-crf", "5", "-flags", "+global_header")]
    [InlineData("h265", "hevc", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none:keyint=10:bframes=0:pools=1", "-flags", "+global_header")]
    [InlineData("mpeg-4", "mpeg4", "-c:v", "mpeg4", "-g", "10", "-q:v", "2")]
    [InlineData("jpeg", "h264", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-huffman", "default", "-force_duplicated_matrix", "1", "-q:v", "3")]
    public async Task An_rtsp_camera_gives_its_clip(string kind, string codec, params string[] encoder)
    {
        await using var camera = await RtspCamera.StartAsync(new() { Encoder = encoder });
        using var rig = new CameraRig(studio);

        var facts = await rig.ClipAsync(camera.Url);

        var video = Assert.Single(facts.Video);
        Assert.Equal((codec, 320, 240), (video.Codec, video.Width, video.Height));
        Assert.InRange(facts.Duration!.Value.TotalSeconds, 1.5, 2.6);
        Assert.True(video.FrameRate is > 5 and < 15, $"{kind}: {video.FrameRate} pictures a second");
        Assert.Equal(1, camera.Connections);
        Assert.Contains(camera.Requests, request => request.StartsWith("TEARDOWN", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_copied_decodes_from_its_first_picture_to_its_last_without_an_error()
    {
        await using var camera = await RtspCamera.StartAsync(new() { Encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-crf", "1"] });
        using var rig = new CameraRig(studio);
        using var workdir = studio.NewWorkDirectory();

        var clip = await rig.MakeAsync(await rig.FilmAsync(camera.Url, workdir), workdir);

        var hashes = await Run.ToEndAsync("ffmpeg", "-v", "error", "-xerror", "-err_detect", "explode", "-i", clip, "-f", "framemd5", "-");
        Assert.InRange(hashes.Split('\n').Count(line => line.StartsWith("0,", StringComparison.Ordinal)), 15, 26);
    }

    [Theory]
    [InlineData("Basic")]
    [InlineData("MD5")]
    [InlineData("SHA-256")]
    public async Task An_rtsp_camera_lets_in_who_is_right_and_refuses_who_is_wrong_once(string scheme)
    {
        const string Right = "watch\"er:pass:word ü";
        await using var camera = await RtspCamera.StartAsync(new() { Credentials = "watcher:pass:word ü", SignIn = scheme });
        using var rig = new CameraRig(studio);

        Assert.Single((await rig.ClipAsync(camera.Url, "watcher:pass:word ü")).Video);
        // With a digest the password itself is never on the wire, although Basic was offered too.
        Assert.Equal(scheme == "Basic", camera.Requests.Any(request => request.Contains("Authorization: Basic", StringComparison.Ordinal)));

        var before = camera.Requests.Count;
        var wrong = await rig.FailureAsync(camera.Url, Right);
        Assert.True(wrong.IsFinal);
        Assert.Contains("refused the sign-in", wrong.Message, StringComparison.Ordinal);
        Assert.Equal(2, camera.Requests.Count - before);
        Assert.Contains("none is stored", (await rig.FailureAsync(camera.Url)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_http_camera_of_pictures_gives_its_clip_after_its_sign_in()
    {
        await using var camera = HttpCamera.OfPictures(await PicturesAsync(), "watcher:secret");
        using var rig = new CameraRig(studio);

        var facts = await rig.ClipAsync(camera.Url, "watcher:secret");

        Assert.Equal("h264", Assert.Single(facts.Video).Codec);
        Assert.InRange(facts.Duration!.Value.TotalSeconds, 1.5, 2.6);
        Assert.Contains("refused the sign-in", (await rig.FailureAsync(camera.Url, "watcher:wrong")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("film.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p")]
    [InlineData("film.ts", "-c:v", "libx264", "-pix_fmt", "yuv420p")]
    [InlineData("film.webm", "-c:v", "libvpx", "-deadline", "realtime")]
    public async Task An_http_camera_of_a_container_gives_its_clip_without_sound(string name, params string[] encoder)
    {
        var film = await File.ReadAllBytesAsync(await studio.MakeFilmAsync(name, encoder));
        await using var camera = HttpCamera.Sending("HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nConnection: close", film);
        using var rig = new CameraRig(studio);

        var facts = await rig.ClipAsync(camera.Url);

        Assert.Equal("h264", Assert.Single(facts.Video).Codec);
        Assert.Empty(facts.Audio);
        Assert.InRange(facts.Duration!.Value.TotalSeconds, 1.9, 2.1);
    }

    [Fact]
    public async Task A_camera_that_hangs_up_after_a_second_gives_a_shorter_clip_and_one_that_did_before_gives_none()
    {
        using var rig = new CameraRig(studio, ("Clip", "00:00:10"));
        // One packet a picture: small, and all of one colour.
        string[] plain = ["-vf", "drawbox=c=black:t=fill", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "10"];
        await using var brief = await RtspCamera.StartAsync(new() { Encoder = plain, HangsUpAfter = 25 });
        Assert.InRange((await rig.ClipAsync(brief.Url)).Duration!.Value.TotalSeconds, 1, 3);

        await using var tooBrief = await RtspCamera.StartAsync(new() { Encoder = plain, HangsUpAfter = 3 });
        var failure = await rig.FailureAsync(tooBrief.Url);
        Assert.Contains("stopped before", failure.Message, StringComparison.Ordinal);
        Assert.False(failure.IsFinal);
    }

    [Fact]
    public async Task A_camera_that_is_off_did_not_answer()
    {
        using var rig = new CameraRig(studio);
        foreach (var scheme in new[] { "rtsp", "http", "https" })
        {
            var failure = await rig.FailureAsync(string.Create(CultureInfo.InvariantCulture, $"{scheme}://127.0.0.1:{Ports.Free()}/x"));
            Assert.Contains("did not answer: the connection was refused", failure.Message, StringComparison.Ordinal);
            Assert.False(failure.IsFinal);
        }
    }

    [Fact]
    public async Task A_certificate_that_nobody_trusts_is_refused()
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        using var certificate = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=127.0.0.1", key, System.Security.Cryptography.HashAlgorithmName.SHA256)
            .CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        await using var camera = new Peer(async (stream, ct) =>
        {
            await using var tls = new System.Net.Security.SslStream(stream);
            await tls.AuthenticateAsServerAsync(new System.Net.Security.SslServerAuthenticationOptions { ServerCertificate = certificate }, ct);
        });
        using var rig = new CameraRig(studio);
        Assert.Contains("certificate is not trusted", (await rig.FailureAsync(string.Create(CultureInfo.InvariantCulture, $"https://127.0.0.1:{camera.Port}/"))).Message, StringComparison.Ordinal);
    }

    async Task<List<byte[]>> PicturesAsync()
    {
        var first = await studio.MakeAsync("picture%d.jpg", "-f", "lavfi", "-i", "testsrc2=d=1:s=320x240:r=10");
        return [.. Directory.EnumerateFiles(Path.GetDirectoryName(first)!).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
    }
}
