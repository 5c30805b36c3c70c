using System.Text;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Media;

public sealed class MediaRecognitionTests(Studio studio)
{
    static readonly string[] s_tone = ["-f", "lavfi", "-i", "sine=440:d=2", "-ar", "8000", "-ac", "1"];

    /// <summary>Options of ffmpeg for a file, and the type it must be recognised as.</summary>
    public static TheoryData<string, string, string> SoundFiles => new()
    {
        { "wav", "a.wav", "-c:a pcm_s16le" },
        { "wav", "rf64.wav", "-c:a pcm_s16le -rf64 always" },
        { "wav", "gsm.wav", "-c:a libgsm_ms" },
        { "mp3", "tagged.mp3", "-c:a libmp3lame" },
        { "mp3", "bare.mp3", "-c:a libmp3lame -id3v2_version 0 -write_xing 0" },
        { "mp3", "layer2.mp3", "-c:a mp2 -ar 16000 -f mp2" },
        { "mp3", "variable.mp3", "-c:a libmp3lame -q:a 5 -ar 44100 -id3v2_version 0 -write_xing 0" },
        { "ogg", "a.ogg", "-c:a libvorbis -ar 16000" },
        { "ogg", "a.opus", "-c:a libopus" },
        { "flac", "a.flac", "-c:a flac" },
        { "matroska", "a.mka", "-c:a pcm_s16le" },
        { "webm", "a.webm", "-c:a libopus" },
        { "webm", "live.webm", "-c:a libopus -f webm -live 1" },
        { "m4a", "a.m4a", "-c:a aac" },
        { "mp4", "a.mp4", "-c:a aac" },
        { "mp4", "fragmented.mp4", "-c:a aac -movflags +frag_keyframe+empty_moov+default_base_moof" },
        { "quicktime", "a.mov", "-c:a pcm_s16le" },
        { "3gp", "a.3gp", "-c:a aac" },
        { "aac", "a.aac", "-c:a aac" },
        { "aiff", "a.aiff", "-c:a pcm_s16be" },
        { "aiff", "a.aifc", "-c:a pcm_mulaw -f aiff" },
        { "caf", "a.caf", "-c:a pcm_s16le" },
        { "au", "a.au", "-c:a pcm_mulaw" },
        { "asf", "a.wma", "-c:a wmav2" },
        { "flv", "a.flv", "-c:a libmp3lame -ar 44100" },
        { "avi", "a.avi", "-c:a pcm_s16le" },
        { "mpegts", "a.ts", "-c:a aac" },
        { "mpegts", "a.m2ts", "-c:a aac -mpegts_m2ts_mode 1 -f mpegts" },
        { "mpegps", "a.mpg", "-c:a mp2 -ar 44100 -f mpeg" },
        { "mpegps", "a.vob", "-c:a mp2 -ar 44100 -f vob" },
    };

    [Theory, MemberData(nameof(SoundFiles))]
    public async Task A_file_is_recognised_by_its_content_and_read_by_the_demuxer_that_was_chosen(string expected, string name, string options)
    {
        var path = await studio.MakeAsync(name, [.. s_tone, .. options.Split(' ')]);

        Assert.Equal(expected, Studio.Recognise(path)?.Name);
        var facts = await studio.FactsAsync(path);
        Assert.Single(facts.Audio);
    }

    [Fact]
    public async Task Two_kilobytes_are_enough_for_short_frames_and_magic_numbers()
    {
        foreach (var (expected, name, options) in SoundFiles.Select(row => row.Data).Where(row => row.Item1 is not "mp3"))
        {
            var path = await studio.MakeAsync(name, [.. s_tone, .. options.Split(' ')]);
            Assert.Equal(expected, MediaRecognition.Recognise((await File.ReadAllBytesAsync(path)).AsSpan(0, 2048))?.Name);
        }
    }

    [Theory]
    [InlineData("#!AMR\n", 0x3C, 32)]
    [InlineData("#!AMR-WB\n", 0x44, 61)]
    public void Amr_is_its_magic_and_a_frame(string magic, byte frameHeader, int frameLength)
    {
        byte[] file = [.. Encoding.ASCII.GetBytes(magic), frameHeader, .. new byte[frameLength - 1]];

        Assert.Equal(MediaType.Amr, MediaRecognition.Recognise(file));
        Assert.Null(MediaRecognition.Recognise([.. Encoding.ASCII.GetBytes(magic), (byte)'w']));
    }

    [Fact]
    public async Task Old_QuickTime_without_a_file_type_box_is_recognised_by_its_atoms()
    {
        var movie = await File.ReadAllBytesAsync(await studio.MakeAsync("a.mov", [.. s_tone, "-c:a", "pcm_s16le"]));
        var boxes = movie.AsSpan(20); // ffmpeg's ftyp box has one compatible brand
        Assert.True(boxes[4..8].SequenceEqual("wide"u8), Convert.ToHexString(boxes[..8]));
        var start = boxes.IndexOf("mvhd"u8) - 12;

        Assert.Equal(MediaType.QuickTime, MediaRecognition.Recognise(boxes));
        Assert.Equal(MediaType.QuickTime, MediaRecognition.Recognise(boxes[8..]));
        Assert.Equal(MediaType.QuickTime, MediaRecognition.Recognise(boxes[start..]));
    }

    [Fact]
    public async Task A_tag_before_the_sound_does_not_hide_what_the_sound_is()
    {
        var flac = await File.ReadAllBytesAsync(await studio.MakeAsync("a.flac", s_tone));
        var adts = await File.ReadAllBytesAsync(await studio.MakeAsync("a.aac", s_tone));
        byte[] tag = [.. "ID3\u0004\0\0\0\0\0\u0014"u8, .. new byte[20]];

        Assert.Equal(MediaType.Flac, MediaRecognition.Recognise([.. tag, .. flac]));
        Assert.Equal(MediaType.Adts, MediaRecognition.Recognise([.. tag, .. adts]));
        Assert.Null(MediaRecognition.Recognise([.. tag, .. "#EXTM3U and more of a playlist"u8]));
    }

    [Fact]
    public async Task A_stream_that_was_cut_in_the_middle_of_a_frame_is_still_MP3()
    {
        var mp3 = await File.ReadAllBytesAsync(await studio.MakeAsync("a.mp3", [.. s_tone, "-id3v2_version", "0", "-write_xing", "0"]));

        Assert.Equal(MediaType.Mp3, MediaRecognition.Recognise(mp3.AsSpan(33)));
    }

    [Theory]
    [InlineData("ffconcat version 1.0\nfile /etc/passwd\n")]
    [InlineData("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1/a.ts\n")]
    [InlineData("v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n")]
    [InlineData("<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"></MPD>")]
    [InlineData("<!doctype html><html><body>Your session has expired</body></html>")]
    [InlineData("{\"error\":\"not found\",\"code\":20404}")]
    [InlineData("GGGGGGGGGGGGGGGGGGGG")]
    [InlineData("textmdat and a word that names a box")]
    [InlineData("%PDF-1.7\n")]
    [InlineData("PK\u0003\u0004")]
    [InlineData("RIFF\u0001\0\0\0WEBPVP8 ")]
    [InlineData("\0\0\0\u0018ftypavif\0\0\0\0avifmif1")]
    [InlineData("\0\0\0\u0018ftypheic\0\0\0\0heicmif1")]
    [InlineData("RIFF")]
    [InlineData("")]
    public void What_is_no_recording_is_never_media(string content) =>
        Assert.Null(MediaRecognition.Recognise(Encoding.Latin1.GetBytes(content)));

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFB, 0x90, 0x00 })] // one MP3 header, 128 kbit/s
    [InlineData(new byte[] { 0xFF, 0xF1, 0x50, 0x80, 0x02, 0x1F, 0xFC })] // one ADTS header
    [InlineData(new byte[] { 0x47, 0x40, 0x00, 0x10 })] // one transport packet
    public void One_frame_is_not_enough(byte[] header)
    {
        byte[] file = [.. header, .. new byte[4000]];

        Assert.Null(MediaRecognition.Recognise(file));
    }

    [Fact]
    public void Noise_is_never_media()
    {
        var noise = new Random(20_251_120);
        var bytes = new byte[MediaRecognition.LeadingBytes];
        for (var round = 0; round < 2000; round++)
        {
            noise.NextBytes(bytes);
            Assert.Null(MediaRecognition.Recognise(bytes));
        }
    }

    [Fact]
    public void No_input_makes_recognition_fail()
    {
        // Every magic number, with everything after it cut or random: only lengths that the content itself declares can go wrong.
        string[] magics = ["RIFF\0\0\0\0WAVE", "ID3\u0004", "OggS\0", "fLaC", "\0\0\0\u0020ftyp", "\0\0\0\u0001mdat", "\0\0\0\u0008moov", ".snd", "caff\0\u0001", "FLV\u0001", "#!AMR\n"];
        var noise = new Random(1);
        foreach (var magic in magics.Select(Encoding.Latin1.GetBytes).Append([0x1A, 0x45, 0xDF, 0xA3]).Append([0xFF, 0xFB]).Append([0xFF, 0xF1]))
        {
            for (var length = 0; length < 64; length++)
            {
                var bytes = new byte[magic.Length + length];
                noise.NextBytes(bytes);
                magic.CopyTo(bytes, 0);
                _ = MediaRecognition.Recognise(bytes);
            }
        }
    }

    [Theory]
    [InlineData("ulaw", "pcm_mulaw", "mulaw")]
    [InlineData("alaw", "pcm_alaw", "alaw")]
    [InlineData("sln", "pcm_s16le", "s16le")]
    [InlineData("gsm", "libgsm", "gsm")]
    [InlineData("g722", "g722", "g722")]
    public async Task A_headerless_PBX_file_is_what_its_extension_says(string extension, string codec, string format)
    {
        var rate = extension == "g722" ? "16000" : "8000";
        var path = await studio.MakeSpeechAsync("call." + extension, "-ar", rate, "-c:a", codec, "-f", format);
        var leading = (await File.ReadAllBytesAsync(path)).AsMemory(0, 4096);

        var type = MediaRecognition.RecognisePbx(leading.Span, "." + extension);

        Assert.Equal(extension, type?.Name);
        Assert.Null(MediaRecognition.Recognise(leading.Span));
        var facts = await studio.FactsAsync(path, type);
        Assert.Equal(int.Parse(rate), Assert.Single(facts.Audio).SampleRate);
        Assert.InRange(facts.Duration!.Value.TotalSeconds, 10.9, 11.1);
    }

    [Fact]
    public async Task A_PBX_extension_does_not_outweigh_what_the_content_is()
    {
        var wav = await File.ReadAllBytesAsync(Studio.Speech);

        Assert.Equal(MediaType.Wav, MediaRecognition.RecognisePbx(wav.AsSpan(0, 4096), "gsm"));
        Assert.Null(MediaRecognition.RecognisePbx("#EXTM3U\nhttp://127.0.0.1/\n"u8, "ulaw"));
        Assert.Null(MediaRecognition.RecognisePbx("ffconcat version 1.0\n"u8, "sln"));
        Assert.Null(MediaRecognition.RecognisePbx(new byte[100], "txt"));
        Assert.Equal("alaw", MediaRecognition.RecognisePbx(Enumerable.Repeat((byte)0x55, 400).ToArray(), "al")?.Name);
    }

    [Fact]
    public void Every_type_is_found_again_by_the_name_that_is_stored()
    {
        foreach (var type in MediaType.Recognisable.Concat(MediaType.Headerless))
            Assert.Same(type, MediaType.Find(type.Name));
        Assert.Null(MediaType.Find("avif"));
    }

    [Fact]
    public async Task Every_demuxer_that_a_type_names_is_one_that_ffmpeg_has()
    {
        var known = (await Run.ToEndAsync("ffmpeg", "-v", "error", "-demuxers"))
            .Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length > 1)
            .SelectMany(words => words[1].Split(',')).ToHashSet(StringComparer.Ordinal);

        Assert.All(MediaType.Recognisable.Concat(MediaType.Headerless), type => Assert.Contains(type.Demuxer, known));
    }
}
