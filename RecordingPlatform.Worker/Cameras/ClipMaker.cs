using System.Globalization;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Worker.Cameras;

/// <summary>Makes MP4 of what came of a camera. ffmpeg reads a file, behind the walls of every media file: it has no network.</summary>
sealed class ClipMaker(MediaTools tools, MediaProbe probe, IOptions<CameraOptions> options)
{
    // Five seconds of 3840 × 2160 were measured to need 11 s to encode with one thread.
    static readonly TimeSpan s_conversion = TimeSpan.FromSeconds(20);

    static readonly string[] s_copied = ["h264", "hevc", "mpeg4"];

    /// <returns>The path of the clip.</returns>
    /// <exception cref="CameraException">What came cannot be read as video.</exception>
    /// <exception cref="MediaToolException">ffmpeg failed for a reason that is not the camera's.</exception>
    /// <exception cref="Children.ChildStartException">ffmpeg cannot be started.</exception>
    public async Task<string> MakeAsync(Footage footage, WorkDirectory workdir, CancellationToken ct)
    {
        var codec = footage.Type is { } type ? await CodecAsync(footage.Path, type, ct) : "mjpeg";
        var path = workdir.File("clip.mp4");
        var copies = s_copied.Contains(codec);
        // What a camera sends may not fit MP4 as it is: no parameter sets, times that run backwards.
        if ((copies && await RunAsync(footage, path, codec, copy: true, ct)) || await RunAsync(footage, path, codec, copy: false, ct))
            return path;
        throw new CameraException("What the camera sent cannot be read as video.");
    }

    async Task<string> CodecAsync(string path, MediaType type, CancellationToken ct) => await probe.ProbeAsync(path, type, ct) switch
    {
        ProbeResult.Readable { Facts.Video: [var video, ..] } => video.Codec,
        ProbeResult.Readable => throw new CameraException("The camera sent sound and no picture."),
        _ => throw new CameraException("What the camera sent cannot be read as video."),
    };

    async Task<bool> RunAsync(Footage footage, string path, string codec, bool copy, CancellationToken ct)
    {
        var exit = await tools.RunAsync(new ChildCommand
        {
            Executable = tools.Ffmpeg,
            Arguments =
            [
                "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+error", "-y", "-filter_threads", "1", "-threads", "1",
                "-max_pixels", Text(tools.Options.MaxPixels),
                // Cameras name the time of presentation only: that of decoding follows from the order.
                .. footage.Type == MediaType.MpegTs ? ["-fflags", "+igndts"] : Array.Empty<string>(),
                .. footage.Type is { } type ? MediaTools.Input(footage.Path, type) : MediaTools.Pictures(footage.Path, footage.PicturesPerSecond!.Value),
                "-map", "0:v:0", "-an", "-sn", "-dn", "-t", Text(options.Value.Clip.TotalSeconds),
                .. copy ? ["-c:v", "copy", .. codec == "hevc" ? ["-tag:v", "hvc1"] : Array.Empty<string>()]
                    : (string[])["-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-fps_mode", "vfr", "-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2,format=yuv420p"],
                "-threads", "1", "-bitexact", "-map_metadata", "-1", "-map_chapters", "-1", "-movflags", "+faststart", "-f", "mp4", "file:" + path,
            ],
            WorkingDirectory = Path.GetDirectoryName(path)!,
            Limits = new ChildLimits
            {
                CpuTime = s_conversion,
                WallClock = s_conversion,
                AddressSpaceBytes = tools.Options.AddressSpaceBytes,
                FileSizeBytes = options.Value.MaxBytes,
            },
        }, ct);
        if (!exit.Succeeded)
        {
            _ = MediaTools.Judge(exit, footage.Type ?? MediaType.MpegTs);
            return false;
        }
        return await probe.ProbeAsync(path, MediaType.Mp4, ct) is ProbeResult.Readable { Facts.HasVideo: true };
    }

    static string Text(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);
}
