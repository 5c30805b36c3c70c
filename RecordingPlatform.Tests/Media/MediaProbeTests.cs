using RecordingPlatform.Core.Media;

namespace RecordingPlatform.Tests.Media;

public sealed class MediaProbeTests(Studio studio)
{
    [Fact]
    public async Task A_call_has_its_facts()
    {
        var facts = await studio.FactsAsync(Studio.Speech);

        Assert.Equal(MediaType.Wav, facts.Type);
        Assert.Equal(TimeSpan.FromSeconds(11), facts.Duration);
        Assert.Equal(352_078, facts.Length);
        Assert.InRange(facts.BitRate!.Value, 256_000, 256_200);
        Assert.Equal([new AudioFacts(0, "pcm_s16le", 1, 16_000, TimeSpan.Zero)], facts.Audio);
        Assert.Empty(facts.Video);
        Assert.Equal("audio/wav", facts.ContentType);
    }

    [Fact]
    public async Task A_film_has_its_facts()
    {
        var facts = await studio.FactsAsync(await studio.MakeFilmAsync("film.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2"));

        Assert.Equal(new VideoFacts(0, "h264", 320, 240, 25, "yuv420p"), Assert.Single(facts.Video));
        var sound = Assert.Single(facts.Audio);
        Assert.Equal(("aac", 2, 44_100), (sound.Codec, sound.Channels, sound.SampleRate));
        Assert.Equal("video/mp4", facts.ContentType);
    }

    [Fact]
    public async Task A_cover_picture_is_no_film()
    {
        var cover = await studio.MakeAsync("cover.png", "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1");
        var path = await studio.MakeSpeechAsync("a.mp3", "-i", cover, "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic");

        var facts = await studio.FactsAsync(path);

        Assert.False(facts.HasVideo);
        Assert.Single(facts.Audio);
    }

    [Fact]
    public async Task A_browsers_recording_has_no_duration_and_is_not_damaged()
    {
        var facts = await studio.FactsAsync(await studio.MakeSpeechAsync("a.webm", "-c:a", "libopus", "-f", "webm", "-live", "1"));

        Assert.Null(facts.Duration);
    }

    [Fact]
    public async Task A_wav_that_was_cut_is_damaged()
    {
        var damage = await studio.DamageAsync(studio.Cut(Studio.Speech, 0.25));

        Assert.Equal(MediaDamageKind.Truncated, damage.Kind);
        Assert.Equal("The WAV file ends early: 25 % of the sound its header promises is there.", damage.Reason);
    }

    [Fact]
    public async Task A_header_with_nothing_behind_it_is_empty()
    {
        var header = (await File.ReadAllBytesAsync(Studio.Speech)).AsSpan(0, 78).ToArray();
        BitConverter.TryWriteBytes(header.AsSpan(74), 0);

        Assert.Equal(MediaDamageKind.Empty, (await studio.DamageAsync(studio.Write("a.wav", header))).Kind);
        Assert.Equal(MediaDamageKind.Empty, (await studio.DamageAsync(studio.Write("b.wav", []), MediaType.Wav)).Kind);
    }

    [Fact]
    public async Task A_container_of_subtitles_holds_neither_sound_nor_picture()
    {
        var text = studio.Write("a.srt", "1\n00:00:00,000 --> 00:00:02,000\nhello\n"u8);

        Assert.Equal(MediaDamageKind.NoStreams, (await studio.DamageAsync(await studio.MakeAsync("a.mkv", "-i", text))).Kind);
    }

    [Theory]
    [InlineData("a.mp4")]
    [InlineData("a.flac")]
    [InlineData("a.ogg")]
    [InlineData("a.webm")]
    [InlineData("a.wma")]
    [InlineData("a.au")]
    public async Task A_good_start_with_garbage_behind_it_is_damaged(string name)
    {
        var good = await File.ReadAllBytesAsync(await studio.MakeSpeechAsync(name));
        var garbage = new byte[50_000];
        new Random(3).NextBytes(garbage);
        good.AsSpan(0, 48).CopyTo(garbage);
        var path = studio.Write(name, garbage);
        Assert.NotNull(Studio.Recognise(path));

        var damage = await studio.ProbeAsync(path) switch
        {
            Worker.Media.ProbeResult.Damaged damaged => damaged.Damage,
            Worker.Media.ProbeResult.Readable readable => await RenderDamageAsync(path, readable.Facts),
            _ => null,
        };

        Assert.NotNull(damage);
    }

    [Fact]
    public async Task The_reason_names_neither_paths_nor_the_files_text()
    {
        var damage = await studio.DamageAsync(studio.Write("secret-name.mp4", "#EXTM3U\nhttp://127.0.0.1/secret"u8), MediaType.Mp4);

        Assert.Equal(new MediaDamage(MediaDamageKind.Unreadable, "The content cannot be read as MP4."), damage);
    }

    [Fact]
    public async Task A_codec_that_no_recorder_writes_is_refused_by_name_of_the_container()
    {
        var path = await studio.MakeFilmAsync("a.mkv", "-map", "0:v", "-c:v", "zmbv");

        var damage = await studio.DamageAsync(path);

        Assert.Equal(new MediaDamage(MediaDamageKind.Unsupported, "The Matroska file uses a codec that is not accepted."), damage);
    }

    async Task<MediaDamage?> RenderDamageAsync(string path, MediaFacts facts)
    {
        using var workdir = studio.NewWorkDirectory();
        return (await studio.RenderAsync(path, facts, workdir) as Worker.Media.RenderResult.Damaged)?.Damage;
    }
}
