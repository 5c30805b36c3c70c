#pragma warning disable RS0030 // finds programs on the PATH

using System.Globalization;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Worker.Children;

namespace RecordingPlatform.Worker.Media;

/// <summary>
/// ffmpeg and ffprobe, always behind the walls that <c>PROCESSING.md</c> lists: whoever runs them goes through here.
/// </summary>
sealed class MediaTools(IOptions<MediaOptions> options, TimeProvider clock)
{
    /// <summary>What recorders, phones and browsers write, cover pictures, and the subtitles that ffprobe would otherwise stop at.</summary>
    const string Decoders =
        "aac,aac_latm,ac3,eac3,adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,adpcm_swf,adpcm_yamaha,alac,amrnb,amrwb,flac,g722,g723_1,g726,g726le,g729,"
        + "gsm,gsm_ms,libgsm,libgsm_ms,ilbc,mp1,mp1float,mp2,mp2float,mp3,mp3float,nellymoser,opus,libopus,speex,libspeex,truespeech,vorbis,libvorbis,"
        + "pcm_alaw,pcm_bluray,pcm_dvd,pcm_f32be,pcm_f32le,pcm_f64be,pcm_f64le,pcm_mulaw,pcm_s16be,pcm_s16be_planar,pcm_s16le,pcm_s16le_planar,"
        + "pcm_s24be,pcm_s24le,pcm_s24le_planar,pcm_s32be,pcm_s32le,pcm_s32le_planar,pcm_s8,pcm_u16be,pcm_u16le,pcm_u8,"
        + "wmalossless,wmapro,wmav1,wmav2,wmavoice,"
        + "av1,libaom-av1,libdav1d,dvvideo,ffv1,flv,h263,h263i,h263p,h264,hevc,mjpeg,mpeg1video,mpeg2video,mpegvideo,mpeg4,msmpeg4,msmpeg4v1,msmpeg4v2,"
        + "prores,rawvideo,theora,vc1,vp3,vp6,vp6a,vp6f,vp8,libvpx,vp9,libvpx-vp9,wmv1,wmv2,wmv3,"
        + "bmp,gif,png,"
        + "ass,dvbsub,dvdsub,mov_text,pgssub,srt,ssa,subrip,text,webvtt";

    /// <summary>Of the tool's words only these are repeated: its output quotes titles and names from the file.</summary>
    static readonly string[] s_lacks = ["Unknown encoder", "No such filter", "Unrecognized option", "Unknown input format", "Unknown decoder"];

    readonly Lazy<Task<ChildIsolation>> _isolation = new(() => ChildIsolation.DetectAsync(clock, CancellationToken.None));

    public MediaOptions Options => options.Value;

    /// <summary>Found out at the first call, once per worker.</summary>
    public Task<ChildIsolation> IsolationAsync() => _isolation.Value;

    /// <exception cref="ChildStartException">ffmpeg is not installed.</exception>
    public string Ffmpeg => Find(Options.Ffmpeg);

    /// <exception cref="ChildStartException">ffprobe is not installed.</exception>
    public string Ffprobe => Find(Options.Ffprobe);

    public async Task<ChildExit> RunAsync(ChildCommand command, CancellationToken ct) =>
        await new ChildRunner(await IsolationAsync(), clock).RunAsync(command, ct);

    /// <summary>Input options of either program, ending in the input itself. <paramref name="path"/> is a local path, never an address.</summary>
    public static IEnumerable<string> Input(string path, MediaType type) =>
    [
        "-protocol_whitelist", "file,pipe", "-format_whitelist", type.Demuxer, "-codec_whitelist", Decoders,
        .. type.Demuxer == "mov" ? ["-enable_drefs", "0", "-use_absolute_path", "0"] : Array.Empty<string>(),
        .. type.HeaderlessSampleRate is { } rate ? ["-sample_rate", rate.ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>(),
        "-f", type.Demuxer, "-i", "file:" + path,
    ];

    /// <summary>Input options for JPEG pictures one after the other, which say neither where they end nor when they were taken.</summary>
    public static IEnumerable<string> Pictures(string path, double perSecond) =>
    [
        "-protocol_whitelist", "file,pipe", "-format_whitelist", "mjpeg", "-codec_whitelist", "mjpeg",
        "-framerate", perSecond.ToString("0.###", CultureInfo.InvariantCulture), "-f", "mjpeg", "-i", "file:" + path,
    ];

    /// <summary>
    /// Reads the verdict from how ffmpeg or ffprobe failed: the file's fault, or an exception when it is the machine's.
    /// </summary>
    /// <exception cref="MediaToolException">Time-out, a kill from elsewhere, or an ffmpeg that lacks something.</exception>
    public static MediaDamage Judge(ChildExit exit, MediaType type)
    {
        bool Says(string text) => exit.ErrorTail.Contains(text, StringComparison.Ordinal);

        if (exit.End == ChildEnd.OutOfCpuTime)
            return new(MediaDamageKind.BeyondLimits, "Decoding the file takes more processor time than a recording of its length may.");
        if (exit.End == ChildEnd.TimedOut || exit.ExitCode == 128 + 9)
            throw new MediaToolException(exit.End == ChildEnd.TimedOut ? "The media tool did not end in time and was killed." : "The media tool was killed from outside (signal 9).");
        if (s_lacks.FirstOrDefault(Says) is { } lack)
            throw new MediaToolException($"The installed ffmpeg lacks a part that is needed ({lack}).");
        if (Says("Cannot allocate memory"))
            return new(MediaDamageKind.BeyondLimits, "Decoding the file takes more memory than is allowed.");
        if (Says("File too large"))
            return new(MediaDamageKind.BeyondLimits, "The file unfolds to far more than its own size.");
        if (Says("not on whitelist"))
            return new(MediaDamageKind.Unsupported, $"The {type.Label} file uses a codec that is not accepted.");
        if (exit.ExitCode > 128)
            return new(MediaDamageKind.Undecodable, $"The content is so damaged that the decoder crashed (signal {exit.ExitCode - 128}).");
        return exit.ExitCode == 69 // ffmpeg: -max_error_rate was exceeded
            ? new(MediaDamageKind.Undecodable, $"More than {MediaRenderer.MaxErrorRate:P0} of the content cannot be decoded.")
            : new(MediaDamageKind.Undecodable, $"The content of the {type.Label} file cannot be decoded.");
    }

    static string Find(string program)
    {
        if (Path.IsPathRooted(program) && File.Exists(program))
            return program;
        var path = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin";
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists)
            ?? throw new ChildStartException($"'{program}' is not installed (Debian: apt install ffmpeg).");
    }
}

/// <summary>The tool failed, not the file: worth another attempt.</summary>
sealed class MediaToolException(string message) : Exception(message);

/// <summary>The work directory's file system is full: the next attempt should be on the disk.</summary>
sealed class WorkDirectoryFullException() : Exception("No space left in the work directory.");
