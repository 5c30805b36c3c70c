using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Tests.Media;

/// <summary>
/// Files that try to make the media tools read another file or call an address. Each trap is shown to spring without our
/// walls first; then it is given to the probe and the renderer under every type, past recognition.
/// </summary>
public sealed class HostileMediaTests : IDisposable
{
    /// <summary>A whole recording that is the secret: were it read, a rendition would sound.</summary>
    readonly string _canary;
    readonly string _folder;
    readonly Studio _studio;
    readonly TcpListener _tcp = new(IPAddress.Loopback, 0);
    readonly UdpClient _udp = new(new IPEndPoint(IPAddress.Loopback, 0));

    /// <summary>Beside the canary, so that a relative name reaches it.</summary>
    string Beside(string name, byte[] content)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public HostileMediaTests(Studio studio)
    {
        _studio = studio;
        _canary = studio.PathOf("canary.wav");
        _folder = Path.GetDirectoryName(_canary)!;
        File.Copy(Studio.Speech, _canary);
        _tcp.Start();
    }

    int TcpPort => ((IPEndPoint)_tcp.LocalEndpoint).Port;

    int UdpPort => ((IPEndPoint)_udp.Client.LocalEndPoint!).Port;

    bool WasCalled => _tcp.Pending() || _udp.Available > 0;

    public static TheoryData<string> Playlists => ["ffconcat", "hls", "hls-file", "sdp", "dash"];

    string Playlist(string kind) => kind switch
    {
        "ffconcat" => "ffconcat version 1.0\nfile canary.wav\n",
        "hls" => $"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:11\n#EXTINF:11,\nhttp://127.0.0.1:{TcpPort}/secret.ts\n#EXT-X-ENDLIST\n",
        "hls-file" => "#EXTM3U\n#EXT-X-TARGETDURATION:11\n#EXTINF:11,\ncanary.ts\n#EXT-X-ENDLIST\n",
        "sdp" => $"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {UdpPort} RTP/AVP 0\r\n",
        "dash" => $"<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\" mediaPresentationDuration=\"PT11S\"><Period><AdaptationSet mimeType=\"audio/mp4\"><Representation id=\"1\" bandwidth=\"1\"><BaseURL>http://127.0.0.1:{TcpPort}/secret.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such playlist."),
    };

    [Theory, MemberData(nameof(Playlists))]
    public async Task A_playlist_under_a_media_name_reads_no_file_and_calls_no_one(string kind)
    {
        var content = Encoding.UTF8.GetBytes(Playlist(kind));
        await MakeTransportCanaryAsync();
        Assert.Null(MediaRecognition.Recognise(content));
        string[] names = ["call.wav", "call.mp4", "call.m4a"];

        foreach (var (n, type) in MediaType.Recognisable.Index())
        {
            var path = Beside(names[n % names.Length], content);
            var probe = await _studio.ProbeAsync(path, type);
            Assert.True(probe is ProbeResult.Damaged, $"{type}: {probe}");

            using var workdir = _studio.NewWorkDirectory();
            var render = await _studio.RenderAsync(path, Claim(type, content.Length), workdir);
            Assert.True(render is RenderResult.Damaged, $"{type}: {render}");
            Assert.Equal([], await CanaryInAsync(workdir));
        }

        Assert.False(WasCalled, "something was called");
    }

    [Theory, MemberData(nameof(Playlists))]
    public async Task As_headerless_sound_a_playlist_is_its_own_bytes_and_nothing_else(string kind)
    {
        var content = Encoding.UTF8.GetBytes(Playlist(kind));

        foreach (var type in MediaType.Headerless.Where(type => type.Name is "ulaw" or "sln" or "gsm" or "g722"))
        {
            var path = _studio.Write("call.wav", content);
            using var workdir = _studio.NewWorkDirectory();
            var render = await _studio.RenderAsync(path, Claim(type, content.Length), workdir);
            if (render is RenderResult.Rendered rendered)
                Assert.InRange(rendered.Rendition.Duration.TotalSeconds, 0, 1); // the canary lasts eleven
        }

        Assert.False(WasCalled, "something was called");
    }

    [Theory]
    [InlineData("ffconcat")]
    [InlineData("hls-file")]
    public async Task Without_the_walls_a_playlist_of_files_is_followed(string kind)
    {
        // ffmpeg as a careless worker calls it: the content decides.
        await MakeTransportCanaryAsync();
        var stolen = _studio.PathOf("stolen.wav");

        await Run.ToEndAsync("ffmpeg", "-v", "error", "-i", Beside("call.mp4", Encoding.UTF8.GetBytes(Playlist(kind))), stolen);

        Assert.InRange(new FileInfo(stolen).Length, 300_000, 400_000);
    }

    [Theory]
    [InlineData("hls")]
    [InlineData("dash")]
    public async Task Without_the_walls_a_playlist_of_addresses_calls(string kind)
    {
        var path = Beside("call.mp4", Encoding.UTF8.GetBytes(Playlist(kind)));

        using var careless = Run.Start("ffmpeg", "-v", "error", "-protocol_whitelist", "file,http,tcp", "-i", path, "-f", "null", "-");

        await CalledAsync(careless, () => _tcp.Pending(), "the playlist's address was called");
    }

    [Fact]
    public async Task Without_the_walls_a_session_description_listens()
    {
        var port = FreeUdpPort();
        var path = Beside("call.wav", Encoding.UTF8.GetBytes(Playlist("sdp").Replace($"audio {UdpPort}", $"audio {port}", StringComparison.Ordinal)));

        using var careless = Run.Start("ffmpeg", "-v", "error", "-protocol_whitelist", "file,udp,rtp", "-i", path, "-f", "null", "-");

        await CalledAsync(careless, () => File.ReadAllText("/proc/net/udp").Contains($":{port:X4} ", StringComparison.Ordinal), "a socket was opened");
    }

    [Fact]
    public async Task The_process_walls_alone_stop_a_tool_that_would_call()
    {
        var isolation = await _studio.Tools.IsolationAsync();
        Assert.SkipUnless(isolation.NetworkIsolated, "This kernel gives no network namespace.");

        var exit = await _studio.Tools.RunAsync(Careless("http://127.0.0.1:" + TcpPort), default);

        Assert.False(exit.Succeeded);
        Assert.False(_tcp.Pending());
        using var outside = Run.Start("ffprobe", "-v", "error", "http://127.0.0.1:" + TcpPort);
        await CalledAsync(outside, () => _tcp.Pending(), "the same command without the walls");
    }

    [Fact]
    public async Task The_protocol_whitelist_alone_stops_a_playlist_that_would_call()
    {
        var playlist = _studio.Write("call.m3u8", Encoding.UTF8.GetBytes(Playlist("hls")));

        await Assert.ThrowsAsync<InvalidOperationException>(() => Run.ToEndAsync("ffprobe", "-v", "error", "-protocol_whitelist", "file,pipe", playlist));

        Assert.False(WasCalled);
    }

    [Fact]
    public async Task A_movie_whose_sound_lies_in_another_file_does_not_read_it()
    {
        // The sound is read from the canary at the offsets of the movie's own index: both are 16-bit PCM of 16 kHz.
        var own = await _studio.MakeAsync("own.mov", "-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono:d=11", "-c:a", "pcm_s16le", "-bitexact");
        var path = Beside("linked.mov", HostileFiles.WithExternalData(await File.ReadAllBytesAsync(own), _folder, Path.GetFileName(_canary)));

        // With references allowed, the canary's speech is in the output.
        var stolen = _studio.PathOf("stolen.wav");
        await Run.ToEndAsync("ffmpeg", "-v", "error", "-enable_drefs", "1", "-use_absolute_path", "1", "-i", path, stolen);
        Assert.True(await LoudestAsync(stolen) > -20, "the reference was expected to work where it is allowed");

        using var workdir = _studio.NewWorkDirectory();
        var facts = await _studio.ProbeAsync(path) is ProbeResult.Readable readable ? readable.Facts : Claim(MediaType.QuickTime, 1000);
        if (await _studio.RenderAsync(path, facts, workdir) is RenderResult.Rendered rendered)
            Assert.True(rendered.Rendition.Waveform!.Data.All(value => value is >= -1 and <= 1), "the canary is in the waveform");
        Assert.Equal([], await CanaryInAsync(workdir));
    }

    [Fact]
    public async Task A_Matroska_file_with_attachments_and_links_writes_and_reads_nothing_else()
    {
        var attachment = _studio.Write("../../escape.sh", "#!/bin/sh\n"u8.ToArray());
        var path = Path.Combine(_folder, "linked.mkv");
        await Run.ToEndAsync("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono:d=2", "-attach", attachment,
            "-metadata:s:t", "mimetype=text/x-sh", "-metadata:s:t", "filename=../../../escape.sh", "-c:a", "libopus", path);
        var bytes = await File.ReadAllBytesAsync(path);
        using var workdir = _studio.NewWorkDirectory();
        File.WriteAllBytes(path, HostileFiles.WithNextSegment(bytes, Path.GetFileName(_canary)));

        var rendition = await _studio.RenderAsync(path, workdir);

        Assert.InRange(rendition.Duration.TotalSeconds, 1.9, 2.1);
        Assert.Equal(["high.m4a", "low.webm", "waveform.json"], Directory.EnumerateFileSystemEntries(workdir.Path).Select(Path.GetFileName).Order());
        Assert.Equal([], await CanaryInAsync(workdir));
    }

    [Fact]
    public async Task A_duration_of_a_century_is_beyond_limits()
    {
        var bytes = await File.ReadAllBytesAsync(await _studio.MakeAsync("a.mp4", "-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac"));
        foreach (var box in new[] { "mvhd", "mdhd", "tkhd" })
        {
            var at = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(box));
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at + (box == "tkhd" ? 24 : 20)), 0xFFFF_FFF0);
        }

        var path = _studio.Write("a.mp4", bytes);

        Assert.Equal(MediaDamageKind.BeyondLimits, (await _studio.DamageAsync(path)).Kind);
    }

    [Fact]
    public async Task A_picture_larger_than_is_allowed_is_beyond_limits()
    {
        var damage = await _studio.DamageAsync(await _studio.MakeAsync("a.mkv", "-f", "lavfi", "-i", "color=s=9000x5000:d=0.04", "-c:v", "mjpeg"));

        Assert.Equal(new MediaDamage(MediaDamageKind.BeyondLimits, "The picture of 9000 × 5000 is larger than is allowed."), damage);
    }

    [Theory]
    [InlineData("a.mp4", "mpeg4")]
    [InlineData("a.avi", "rawvideo")]
    public async Task A_picture_whose_size_no_decoder_accepts_is_damaged(string name, string codec)
    {
        var bytes = await File.ReadAllBytesAsync(await _studio.MakeAsync(name, "-f", "lavfi", "-i", "testsrc2=s=64x48:d=0.2", "-c:v", codec));
        if (name == "a.avi")
        {
            var format = bytes.AsSpan().IndexOf("strf"u8) + 8;
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(format + 4), 30_000);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(format + 8), 30_000);
        }
        else
        {
            var entry = bytes.AsSpan().IndexOf("mp4v"u8) + 28;
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(entry), 60_000);
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(entry + 2), 60_000);
            bytes.AsSpan(bytes.AsSpan().IndexOf("esds"u8), 4).Fill((byte)'x'); // the codec's own header says 64 × 48
        }
        var path = _studio.Write(name, bytes);
        using var workdir = _studio.NewWorkDirectory();

        var damage = await _studio.ProbeAsync(path) switch
        {
            ProbeResult.Damaged damaged => damaged.Damage,
            ProbeResult.Readable readable => (await _studio.RenderAsync(path, readable.Facts, workdir) as RenderResult.Damaged)?.Damage,
            _ => null,
        };

        Assert.Equal(MediaDamageKind.Undecodable, damage?.Kind);
    }

    [Fact]
    public async Task Hours_of_nothing_in_a_small_file_stay_within_time_and_room()
    {
        // 20 hours of digital silence are 100 KB of FLAC at 8 kHz; a recording of this length may cost what it costs, and no more.
        var path = await _studio.MakeAsync("bomb.flac", "-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono:d=3600", "-compression_level", "12", "-frame_size", "65535");
        using var workdir = _studio.NewWorkDirectory();

        var rendition = await _studio.RenderAsync(path, workdir);

        Assert.True(new FileInfo(path).Length < 200_000);
        Assert.InRange(rendition.Waveform!.Length, 2048, 4096);
        Assert.InRange(Directory.EnumerateFiles(workdir.Path).Sum(file => new FileInfo(file).Length), 1, 3600 * 20_000);
    }

    async Task MakeTransportCanaryAsync() => await Run.ToEndAsync("ffmpeg", "-v", "error", "-y", "-i", _canary, "-c:a", "mp2", Path.Combine(_folder, "canary.ts"));

    static ChildCommand Careless(string address) => new()
    {
        Executable = "/usr/bin/ffprobe",
        Arguments = ["-v", "error", address],
        WorkingDirectory = "/",
        Limits = new ChildLimits { CpuTime = TimeSpan.FromSeconds(10), WallClock = TimeSpan.FromSeconds(20), AddressSpaceBytes = 1L << 30, FileSizeBytes = 0 },
    };

    /// <summary>What a probe would have to say for the renderer to try.</summary>
    static MediaFacts Claim(MediaType type, long length) =>
        new() { Type = type, Length = length, Audio = [new AudioFacts(0, "pcm_s16le", 1, 8000, TimeSpan.Zero)], Video = [] };

    /// <summary>Files in which there is anything of the speech: its length or its bytes.</summary>
    async Task<IReadOnlyList<string>> CanaryInAsync(WorkDirectory workdir)
    {
        var canary = (await File.ReadAllBytesAsync(_canary)).AsMemory(100_000, 64);
        var found = new List<string>();
        foreach (var file in Directory.EnumerateFiles(workdir.Path))
        {
            if ((await File.ReadAllBytesAsync(file)).AsSpan().IndexOf(canary.Span) >= 0)
                found.Add(Path.GetFileName(file));
        }
        return found;
    }

    static async Task CalledAsync(System.Diagnostics.Process process, Func<bool> called, string what)
    {
        try
        {
            await Until.TrueAsync(() => Task.FromResult(called()), TimeSpan.FromSeconds(20), what);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    static int FreeUdpPort()
    {
        using var socket = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.Client.LocalEndPoint!).Port & ~1; // RTP takes the even port
    }

    static async Task<double> LoudestAsync(string path)
    {
        var output = await Run.ToEndAsync("ffmpeg", "-v", "error", "-i", path, "-af", "astats=metadata=1:reset=0,ametadata=mode=print:key=lavfi.astats.Overall.Peak_level:file=-", "-f", "null", "-");
        var last = output.Split('\n').Last(line => line.StartsWith("lavfi", StringComparison.Ordinal)).Split('=')[1];
        return last == "-inf" ? -200 : double.Parse(last, System.Globalization.CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _tcp.Dispose();
        _udp.Dispose();
    }
}
