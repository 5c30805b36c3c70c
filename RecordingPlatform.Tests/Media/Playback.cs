using System.Globalization;
using System.Text;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Media;

/// <summary>What ffprobe and ffmpeg, without any of our code, say of a file.</summary>
static class Playback
{
    public static Task<string> SoundOfAsync(string path) => ProbeAsync(path, "a:0", "codec_name,sample_rate,channels");

    public static async Task<string> ProbeAsync(string path, string stream, string entries) =>
        (await Run.ToEndAsync("ffprobe", "-v", "error", "-select_streams", stream, "-show_entries", "stream=" + entries, "-of", "csv=p=0", path)).Trim();

    public static async Task<double> DurationOfAsync(string path) => double.Parse(
        (await Run.ToEndAsync("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path)).Trim(), CultureInfo.InvariantCulture);

    public static Task<string> PictureHashAsync(string path) => Run.ToEndAsync("ffmpeg", "-v", "error", "-i", path, "-map", "0:v", "-f", "md5", "-");

    /// <summary>RMS level in dB of a part of a file, after a filter.</summary>
    public static async Task<double> VolumeAsync(string path, string filter, double from, double length)
    {
        var lines = await Run.ToEndAsync("ffmpeg", "-v", "error", "-ss", Text(from), "-t", Text(length), "-i", path,
            "-af", filter + ",astats=metadata=1:reset=0,ametadata=mode=print:key=lavfi.astats.Overall.RMS_level:file=-", "-f", "null", "-");
        var last = lines.Split('\n').Last(line => line.StartsWith("lavfi", StringComparison.Ordinal)).Split('=')[1];
        return last == "-inf" ? -200 : double.Parse(last, CultureInfo.InvariantCulture);
    }

    static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);

    public static bool Before(string path, string box, string other)
    {
        var bytes = File.ReadAllBytes(path).AsSpan();
        return bytes.IndexOf(Encoding.ASCII.GetBytes(box)) is > 0 and var at && at < bytes.IndexOf(Encoding.ASCII.GetBytes(other));
    }
}
