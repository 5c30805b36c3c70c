using System.Globalization;
using RecordingPlatform.Core.Media;

namespace RecordingPlatform.Worker.Media;

/// <summary>The one ffmpeg command line that makes every output of a recording.</summary>
sealed record RenderArguments
{
    /// <summary>Hz at which the waveform is read: a sixth of 48 kHz, and no resampling for telephone calls.</summary>
    public const int WaveformSampleRate = 8000;

    /// <summary>More audio streams than a conference has; amix costs time for each.</summary>
    const int MaxMixedStreams = 16;

    /// <summary>Sampling frequencies of ISO/IEC 14496-3 that Opus and browsers take as well.</summary>
    static readonly int[] s_aacRates = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000];

    /// <summary>Streams of one file start some packets apart (Opus 7 ms, AAC 50 ms); lips and voice part later than that.</summary>
    static readonly TimeSpan s_audibleDelay = TimeSpan.FromMilliseconds(100);

    public required string Input { get; init; }
    public required MediaFacts Facts { get; init; }
    public required string HighPath { get; init; }
    public required string LowPath { get; init; }
    public required bool ReduceNoise { get; init; }
    public required bool CopyVideo { get; init; }
    public required int MaxPixels { get; init; }

    /// <summary>Of the renditions and the waveform: 1, or 2 for everything else.</summary>
    public int Channels => Facts.Audio.Any(audio => audio.Channels > 1) ? 2 : 1;

    /// <summary>
    /// Only what every browser plays (4:2:0, 8 bit), and only from containers that carry whole timestamps: AVI and program
    /// streams have none for reordered frames.
    /// </summary>
    public static bool CanCopyVideo(MediaFacts facts) =>
        facts.Video is [{ Codec: "h264", PixelFormat: "yuv420p" or "yuvj420p" }, ..]
        && facts.Type.Demuxer is "mov" or "matroska" or "flv" or "mpegts";

    /// <summary>Progress and messages go to standard error, the waveform's samples to standard output.</summary>
    public IReadOnlyList<string> ToList() =>
    [
        // The level "info" is that of the loudness summary; the tags tell its lines from errors.
        "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info", "-progress", "pipe:2", "-stats_period", "1", "-y",
        "-max_error_rate", Text(MediaRenderer.MaxErrorRate), "-filter_threads", "1", "-filter_complex_threads", "1",
        "-threads", "1", "-max_pixels", Text(MaxPixels), .. MediaTools.Input(Input, Facts.Type),
        .. Facts.Audio.Count > 0 ? ["-filter_complex", AudioGraph()] : Array.Empty<string>(),
        .. High(),
        .. Facts.Audio.Count > 0 ? Low() : [],
        .. Facts.Audio.Count > 0 ? Wave() : [],
    ];

    /// <summary>
    /// async=1 fills gaps between timestamps with silence, so that all outputs, the picture and the peaks share one time
    /// line. first_pts=0 does it for a late start, and only there: a stream that changes its format on the way, or a bit error
    /// that looks so, sets the graph up anew, and then first_pts would insert all the time that has passed.
    /// </summary>
    string AudioGraph()
    {
        var streams = Facts.Audio.Take(MaxMixedStreams).ToList();
        var timeLine = streams.Any(stream => stream.StartsAt > s_audibleDelay) ? "aresample=async=1:first_pts=0" : "aresample=async=1";
        var rate = s_aacRates.FirstOrDefault(known => known == streams[0].SampleRate, 48_000);
        var heads = streams.Count == 1
            ? $"[0:{Text(streams[0].Index)}]{timeLine},"
            : string.Concat(streams.Select((stream, n) => $"[0:{Text(stream.Index)}]{timeLine}[a{Text(n)}];"))
                + string.Concat(streams.Select((_, n) => $"[a{Text(n)}]"))
                // Equal fixed weights: the default rescales, audibly, whenever one stream ends.
                + $"amix=inputs={Text(streams.Count)}:duration=longest:normalize=0:weights={string.Join(' ', streams.Select(_ => Text(1d / streams.Count)))},";
        return heads
            + $"aformat=sample_rates={Text(rate)}:channel_layouts={(Channels == 1 ? "mono" : "stereo")},"
            + (ReduceNoise ? "afftdn=nr=12:nf=-40:tn=1," : "")
            + $"ebur128=peak=true:framelog=verbose{(Channels == 1 ? ":dualmono=true" : "")},asplit=3[high][low][wave]";
    }

    IEnumerable<string> High() =>
    [
        .. Facts.HasVideo ? ["-map", $"0:{Text(Facts.Video[0].Index)}", .. VideoCodec()] : Array.Empty<string>(),
        .. Facts.Audio.Count > 0 ? ["-map", "[high]", "-c:a", "aac", "-b:a", "128k"] : Array.Empty<string>(),
        .. s_reproducible, "-movflags", "+faststart", "-f", Facts.HasVideo ? "mp4" : "ipod", "file:" + HighPath,
    ];

    IEnumerable<string> VideoCodec() => CopyVideo
        ? ["-c:v", "copy"]
        : [
            "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-fps_mode", "vfr",
            "-vf", "scale='min(1920,iw)':'min(1920,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2,format=yuv420p",
        ];

    IEnumerable<string> Low() =>
    [
        "-map", "[low]", "-c:a", "libopus", "-b:a", Channels == 1 ? "24k" : "32k", .. s_reproducible, "-f", "webm", "file:" + LowPath,
    ];

    static IEnumerable<string> Wave() =>
        ["-map", "[wave]", "-c:a", "pcm_s16le", "-ar", Text(WaveformSampleRate), .. s_reproducible, "-f", "s16le", "pipe:1"];

    static readonly string[] s_reproducible = ["-threads", "1", "-bitexact", "-map_metadata", "-1", "-map_chapters", "-1"];

    static string Text(double number) => number.ToString("0.######", CultureInfo.InvariantCulture);
}
