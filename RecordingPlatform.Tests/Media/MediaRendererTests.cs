using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Tests.Media;

public sealed class MediaRendererTests(Studio studio)
{
    [Fact]
    public async Task A_call_becomes_two_renditions_a_waveform_and_a_loudness()
    {
        using var workdir = studio.NewWorkDirectory();
        var rendition = await studio.RenderAsync(Studio.Speech, workdir);

        Assert.Equal(("audio/mp4", "audio/webm; codecs=opus", "application/json"), (rendition.High.ContentType, rendition.Low!.ContentType, rendition.WaveformFile!.ContentType));
        Assert.Equal("aac,16000,1", await Playback.SoundOfAsync(rendition.High.Path));
        Assert.Equal("opus,48000,1", await Playback.SoundOfAsync(rendition.Low.Path));
        Assert.InRange(rendition.Low.Length, 11 * 24_000 / 8 / 2, 11 * 24_000 / 8 * 1.3);
        Assert.Equal(11, rendition.Duration.TotalSeconds, 2);
        Assert.InRange(await Playback.DurationOfAsync(rendition.High.Path), 10.95, 11.1);
        Assert.InRange(await Playback.DurationOfAsync(rendition.Low.Path), 10.95, 11.1);
        Assert.Equal(new FileInfo(rendition.High.Path).Length, rendition.High.Length);

        using var json = JsonDocument.Parse(await File.ReadAllBytesAsync(rendition.WaveformFile.Path));
        Assert.Equal(2200, json.RootElement.GetProperty("length").GetInt32());
        Assert.Equal(4400, json.RootElement.GetProperty("data").GetArrayLength());
        Assert.True(Playback.Before(rendition.High.Path, "moov", "mdat"));
    }

    [Fact]
    public async Task Loudness_is_what_ebur128_measures_over_the_whole_recording()
    {
        using var workdir = studio.NewWorkDirectory();
        // A sine of about 1 kHz that peaks at -20 dBFS on both channels is -20 LUFS: the scale is defined so (EBU Tech 3341).
        var path = await studio.MakeAsync("a.wav", "-f", "lavfi", "-i", "aevalsrc='0.1*sin(6283*t)|0.1*sin(6283*t)':d=10:s=48000");

        var loudness = (await studio.RenderAsync(path, workdir)).Loudness!;

        Assert.InRange(loudness.IntegratedLufs!.Value, -20.3, -19.7);
        Assert.InRange(loudness.TruePeakDbtp!.Value, -20.3, -19.7);
        Assert.Equal(-16 - loudness.IntegratedLufs.Value, loudness.GainDb, 1);
    }

    [Fact]
    public async Task Silence_has_no_loudness_and_no_gain()
    {
        using var workdir = studio.NewWorkDirectory();
        var path = await studio.MakeAsync("a.wav", "-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono:d=3");

        var rendition = await studio.RenderAsync(path, workdir);

        Assert.Equal(new Loudness(null, null), rendition.Loudness);
        Assert.All(rendition.Waveform!.Data, value => Assert.Equal(0, value));
    }

    [Fact]
    public async Task Stereo_stays_stereo_everywhere()
    {
        using var workdir = studio.NewWorkDirectory();
        // One party per channel: the left speaks for two seconds, then the right.
        var path = await studio.MakeAsync("a.wav", "-f", "lavfi", "-i", "aevalsrc='0.5*sin(2500*t)*lt(t,2)|0.5*sin(2500*t)*gt(t,2)':d=4:s=8000");

        var rendition = await studio.RenderAsync(path, workdir);

        Assert.Equal("aac,8000,2", await Playback.SoundOfAsync(rendition.High.Path));
        Assert.Equal("opus,48000,2", await Playback.SoundOfAsync(rendition.Low!.Path));
        var waveform = rendition.Waveform!;
        Assert.Equal(2, waveform.Channels);
        var half = waveform.Length / 2;
        Assert.All([.. Enumerable.Range(10, half - 20)], pixel => Assert.True(waveform.Data[(pixel * 4) + 1] > 40 && waveform.Data[(pixel * 4) + 3] < 5, $"pixel {pixel}"));
        Assert.All([.. Enumerable.Range(half + 10, half - 20)], pixel => Assert.True(waveform.Data[(pixel * 4) + 1] < 5 && waveform.Data[(pixel * 4) + 3] > 40, $"pixel {pixel}"));
        foreach (var file in new[] { rendition.High.Path, rendition.Low.Path })
            Assert.True(await Playback.VolumeAsync(file, "pan=mono|c0=c0", 0, 1.8) - await Playback.VolumeAsync(file, "pan=mono|c0=c1", 0, 1.8) > 25, file);
    }

    [Fact]
    public async Task Two_runs_give_the_same_bytes_and_none_of_the_originals_metadata()
    {
        var sound = await studio.MakeSpeechAsync("a.mp3", "-metadata", "title=Patient Ada Lovelace", "-metadata", "comment=Ada");
        var film = await studio.MakeFilmAsync("a.mp4", "-c:v", "mpeg4", "-c:a", "aac", "-metadata", "title=Ada", "-metadata:s:a", "handler_name=Ada", "-metadata", "location=+48.1+11.5/");
        foreach (var path in new[] { sound, film })
        {
            using var first = studio.NewWorkDirectory();
            using var second = studio.NewWorkDirectory();
            var one = await studio.RenderAsync(path, first);
            var two = await studio.RenderAsync(path, second);

            foreach (var (a, b) in Files(one).Zip(Files(two)))
            {
                var bytes = await File.ReadAllBytesAsync(a);
                Assert.Equal(Convert.ToHexString(SHA256.HashData(bytes)), Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(b))));
                Assert.DoesNotContain("Ada", Encoding.Latin1.GetString(bytes), StringComparison.Ordinal);
                Assert.DoesNotContain("+48.1", Encoding.Latin1.GetString(bytes), StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData("a.mp4", "-c:v libx264 -pix_fmt yuv420p -c:a aac", true)]
    [InlineData("a.mkv", "-c:v libx264 -pix_fmt yuv420p -c:a libopus", true)]
    [InlineData("a.flv", "-c:v libx264 -pix_fmt yuv420p -c:a aac", true)]
    [InlineData("a.ts", "-c:v libx264 -pix_fmt yuv420p -c:a aac", true)]
    [InlineData("a.mp4", "-c:v libx264 -pix_fmt yuv444p -c:a aac", false)]
    [InlineData("a.webm", "-c:v libvpx -c:a libopus -deadline realtime", false)]
    [InlineData("a.avi", "-c:v mpeg4 -c:a libmp3lame", false)]
    [InlineData("a.mpg", "-c:v mpeg1video -c:a mp2", false)]
    public async Task A_film_becomes_an_MP4_that_every_browser_plays(string name, string options, bool copied)
    {
        using var workdir = studio.NewWorkDirectory();
        var path = await studio.MakeFilmAsync(name, options.Split(' '));
        Assert.Equal(copied, RenderArguments.CanCopyVideo(await studio.FactsAsync(path)));

        var rendition = await studio.RenderAsync(path, workdir);

        Assert.Equal("video/mp4", rendition.High.ContentType);
        Assert.Equal("h264,320,240,yuv420p", await Playback.ProbeAsync(rendition.High.Path, "v:0", "codec_name,width,height,pix_fmt"));
        Assert.Equal("aac,44100,1", (await Playback.SoundOfAsync(rendition.High.Path)).Replace("48000", "44100", StringComparison.Ordinal));
        Assert.True(Playback.Before(rendition.High.Path, "moov", "mdat"));
        Assert.InRange(rendition.Duration.TotalSeconds, 2.9, 3.2);
        Assert.NotNull(rendition.Low);
        if (copied && !name.EndsWith(".ts", StringComparison.Ordinal))
            Assert.Equal(await Playback.PictureHashAsync(path), await Playback.PictureHashAsync(rendition.High.Path));
    }

    [Fact]
    public async Task A_large_picture_is_brought_to_1920()
    {
        using var workdir = studio.NewWorkDirectory();
        var path = await studio.MakeAsync("a.webm", "-f", "lavfi", "-i", "testsrc2=d=0.4:s=2561x1441:r=10", "-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8");

        var rendition = await studio.RenderAsync(path, workdir);

        Assert.Equal("h264,1920,1080,yuv420p", await Playback.ProbeAsync(rendition.High.Path, "v:0", "codec_name,width,height,pix_fmt"));
        Assert.Equal((null, null, null), (rendition.Low, rendition.Waveform, rendition.Loudness));
    }

    [Fact]
    public async Task A_browsers_recording_without_a_duration_gets_one()
    {
        using var workdir = studio.NewWorkDirectory();
        var rendition = await studio.RenderAsync(await studio.MakeSpeechAsync("a.webm", "-c:a", "libopus", "-f", "webm", "-live", "1"), workdir);

        Assert.InRange(rendition.Duration.TotalSeconds, 10.95, 11.05);
        Assert.InRange(await Playback.DurationOfAsync(rendition.High.Path), 10.95, 11.1);
    }

    [Fact]
    public async Task A_gap_is_silence_on_every_output()
    {
        using var workdir = studio.NewWorkDirectory();
        var path = await studio.MakeAsync("a.webm", "-f", "lavfi", "-i", "sine=440:d=8", "-af", "aselect='lt(t,2)+gt(t,5)'", "-c:a", "libopus");

        var rendition = await studio.RenderAsync(path, workdir);

        Assert.InRange(rendition.Duration.TotalSeconds, 7.9, 8.1);
        var data = rendition.Waveform!.Data;
        var perSecond = 8000 / rendition.Waveform.SamplesPerPixel;
        Assert.True(data[(perSecond * 1 * 2) + 1] > 5 && data[(int)(perSecond * 3.5) * 2 + 1] == 0 && data[(perSecond * 7 * 2) + 1] > 5);
        Assert.True(await Playback.VolumeAsync(rendition.High.Path, "anull", 3, 1) < -60);
        Assert.True(await Playback.VolumeAsync(rendition.Low!.Path, "anull", 3, 1) < -60);
    }

    [Fact]
    public async Task Sound_that_starts_late_stays_with_its_picture()
    {
        using var workdir = studio.NewWorkDirectory();
        var path = await studio.MakeAsync("a.mkv", "-f", "lavfi", "-i", "testsrc2=d=4:s=160x120", "-itsoffset", "2", "-f", "lavfi", "-i", "sine=440:d=2", "-c:v", "libx264", "-c:a", "libopus");

        var rendition = await studio.RenderAsync(path, workdir);

        Assert.InRange((await studio.FactsAsync(path)).Audio[0].StartsAt.TotalSeconds, 1.9, 2.1);
        var first = rendition.Waveform!.Data.Index().First(value => value.Item > 5).Index / 2;
        Assert.InRange((double)first * rendition.Waveform.SamplesPerPixel / 8000, 1.95, 2.05);
    }

    [Fact]
    public async Task A_stream_that_changes_its_channels_keeps_its_time_line()
    {
        using var workdir = studio.NewWorkDirectory();
        var mono = await studio.MakeAsync("a.mp3", "-f", "lavfi", "-i", "sine=300:d=3", "-ac", "1", "-id3v2_version", "0", "-write_xing", "0");
        var stereo = await studio.MakeAsync("b.mp3", "-f", "lavfi", "-i", "sine=300:d=3", "-ac", "2", "-id3v2_version", "0", "-write_xing", "0");
        var path = studio.Write("joined.mp3", [.. await File.ReadAllBytesAsync(mono), .. await File.ReadAllBytesAsync(stereo)]);

        var rendition = await studio.RenderAsync(path, workdir);

        Assert.InRange(rendition.Duration.TotalSeconds, 5.9, 6.2);
        Assert.InRange(rendition.Loudness!.IntegratedLufs!.Value, -40, -10);
    }

    [Fact]
    public async Task Two_tracks_are_heard_together()
    {
        using var workdir = studio.NewWorkDirectory();
        var path = await studio.MakeAsync("a.mkv", "-f", "lavfi", "-i", "sine=400:d=2", "-f", "lavfi", "-i", "sine=3000:d=4", "-map", "0", "-map", "1", "-c:a", "libopus");

        var rendition = await studio.RenderAsync(path, workdir);

        Assert.InRange(rendition.Duration.TotalSeconds, 3.9, 4.1);
        Assert.True(await Playback.VolumeAsync(rendition.High.Path, "bandpass=400:w=50", 0.5, 1) > -50);
        Assert.True(await Playback.VolumeAsync(rendition.High.Path, "bandpass=3000:w=50", 0.5, 1) > -50);
        Assert.True(await Playback.VolumeAsync(rendition.High.Path, "bandpass=3000:w=50", 2.5, 1) > -50);
    }

    [Theory]
    [InlineData("-ac 6 -ar 96000", "aac,48000,2")]
    [InlineData("-ac 1 -ar 44100", "aac,44100,1")]
    [InlineData("-ac 4 -ar 8000", "aac,8000,2")]
    public async Task Odd_rates_and_many_channels_become_what_browsers_play(string options, string expected)
    {
        using var workdir = studio.NewWorkDirectory();

        Assert.Equal(expected, await Playback.SoundOfAsync((await studio.RenderAsync(await studio.MakeSpeechAsync("a.wav", options.Split(' ')), workdir)).High.Path));
    }

    [Fact]
    public async Task Noise_is_reduced_when_asked_for_and_only_then()
    {
        using var plainDirectory = studio.NewWorkDirectory();
        using var quietDirectory = studio.NewWorkDirectory();
        var path = await studio.MakeSpeechAsync("a.wav", "-f", "lavfi", "-i", "anoisesrc=a=0.01:r=16000:seed=1", "-filter_complex", "[0][1]amix=duration=first:normalize=0");

        var plain = await studio.RenderAsync(path, plainDirectory);
        var quiet = await studio.RenderAsync(path, quietDirectory, reduceNoise: true);

        Assert.Equal(plain.Duration.TotalSeconds, quiet.Duration.TotalSeconds, 1);
        Assert.True(await Playback.VolumeAsync(plain.High.Path, "highpass=5500", 5, 0.3) - await Playback.VolumeAsync(quiet.High.Path, "highpass=5500", 5, 0.3) > 3);
    }

    [Fact]
    public async Task Progress_rises_to_one()
    {
        using var workdir = studio.NewWorkDirectory();
        var path = await studio.MakeAsync("a.wav", "-stream_loop", "30", "-i", Studio.Speech, "-ac", "2", "-ar", "44100");
        var seen = new Steps();

        await studio.RenderAsync(path, workdir, seen);

        Assert.True(seen.Values.Count >= 3, string.Join(' ', seen.Values));
        Assert.Equal(seen.Values.Order(), seen.Values);
        Assert.Equal(1, seen.Values[^1]);
        Assert.InRange(seen.Values[0], 0, 0.9);
    }

    [Fact]
    public async Task Cancelling_ends_ffmpeg_and_leaves_a_directory_that_can_be_wiped()
    {
        var path = await studio.MakeAsync("a.wav", "-stream_loop", "200", "-i", Studio.Speech);
        var facts = await studio.FactsAsync(path);
        var workdir = studio.NewWorkDirectory();
        using var cancel = new CancellationTokenSource();
        var render = new MediaRenderer(studio.Tools).RenderAsync(path, facts, workdir, new RenderSettings(), progress: null, cancel.Token);
        await Until.TrueAsync(() => Task.FromResult(File.Exists(workdir.File("low.webm"))), TimeSpan.FromSeconds(30), "ffmpeg writes");

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => render);
        Assert.DoesNotContain((await Run.ToEndAsync("ps", "-eo", "args")).Split('\n'), line => line.Contains(workdir.Path, StringComparison.Ordinal));
        workdir.Dispose();
        Assert.False(Directory.Exists(workdir.Path));
    }

    static IEnumerable<string> Files(Rendition rendition) =>
        new[] { rendition.High, rendition.Low, rendition.WaveformFile }.OfType<RenditionFile>().Select(file => file.Path);

    sealed class Steps : IProgress<double>
    {
        public List<double> Values { get; } = [];

        public void Report(double value) => Values.Add(value);
    }
}
