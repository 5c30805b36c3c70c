#pragma warning disable RS0030 // reads files of a work directory

using System.Globalization;
using System.Text.Json;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Worker.Children;

namespace RecordingPlatform.Worker.Media;

/// <summary>Asks ffprobe, once, what a file holds.</summary>
sealed class MediaProbe(MediaTools tools)
{
    /// <summary>ffmpeg allows a thousand streams of about 300 bytes each; a longer answer is no recording's.</summary>
    const int MaxAnswer = 512 * 1024;

    /// <param name="path">Absolute path of the whole file.</param>
    /// <param name="type">What its leading bytes, or for headerless formats its connector, said.</param>
    /// <param name="ct">Kills ffprobe.</param>
    /// <returns>The facts, or why the file is damaged.</returns>
    /// <exception cref="MediaToolException">ffprobe failed for a reason that is not the file's.</exception>
    /// <exception cref="ChildStartException">ffprobe cannot be started.</exception>
    public async Task<ProbeResult> ProbeAsync(string path, MediaType type, CancellationToken ct)
    {
        var length = new FileInfo(path).Length;
        if (length == 0)
            return new ProbeResult.Damaged(new(MediaDamageKind.Empty, "The file is empty."));

        var answer = new MemoryStream();
        var exit = await tools.RunAsync(new ChildCommand
        {
            Executable = tools.Ffprobe,
            Arguments =
            [
                "-hide_banner", "-loglevel", "level+error",
                "-show_entries", "format=start_time,duration,bit_rate:stream=index,start_time,codec_type,codec_name,channels,sample_rate,width,height,avg_frame_rate,pix_fmt:stream_disposition=attached_pic",
                "-print_format", "json",
                .. MediaTools.Input(path, type),
            ],
            WorkingDirectory = Path.GetDirectoryName(path)!,
            Limits = new ChildLimits
            {
                CpuTime = TimeSpan.FromSeconds(30), // 0.07 s is usual; a large fragmented index takes seconds
                WallClock = TimeSpan.FromMinutes(2),
                AddressSpaceBytes = tools.Options.AddressSpaceBytes,
                FileSizeBytes = 0,
            },
            ReadOutputAsync = output => ReadAnswerAsync(output, answer),
        }, ct);

        if (!exit.Succeeded)
        {
            var damage = MediaTools.Judge(exit, type);
            return new ProbeResult.Damaged(damage.Kind == MediaDamageKind.Undecodable && exit.ExitCode < 128
                ? new(MediaDamageKind.Unreadable, $"The content cannot be read as {type.Label}.")
                : damage);
        }
        if (answer.Length > MaxAnswer)
            return new ProbeResult.Damaged(new(MediaDamageKind.BeyondLimits, "The file declares more streams than a recording has."));

        var (facts, unusable) = Parse(answer, type, length);
        return await JudgeAsync(facts, unusable, path, ct);
    }

    async Task<ProbeResult> JudgeAsync(MediaFacts facts, int unusable, string path, CancellationToken ct)
    {
        var label = facts.Type.Label;
        if (facts.Type == MediaType.Wav && await WavDamageAsync(path, ct) is { } damage)
            return new ProbeResult.Damaged(damage);
        if (facts.Audio.Count == 0 && facts.Video.Count == 0)
        {
            return new ProbeResult.Damaged(unusable > 0
                ? new(MediaDamageKind.Undecodable, $"The sound or picture in the {label} file has no size or rate that a decoder accepts.")
                : new(MediaDamageKind.NoStreams, $"The {label} file holds neither sound nor picture."));
        }
        if (facts.Duration <= TimeSpan.Zero)
            return new ProbeResult.Damaged(new(MediaDamageKind.Empty, $"The {label} file holds a header but nothing that lasts."));
        if (facts.Duration > tools.Options.MaxDuration)
            return new ProbeResult.Damaged(new(MediaDamageKind.BeyondLimits, string.Create(CultureInfo.InvariantCulture,
                $"The file claims to last {facts.Duration.Value.TotalHours:0} hours; {tools.Options.MaxDuration.TotalHours:0} are allowed.")));
        return facts.Video.FirstOrDefault(video => (long)video.Width * video.Height > tools.Options.MaxPixels) is { } large
            ? new ProbeResult.Damaged(new(MediaDamageKind.BeyondLimits, $"The picture of {large.Width} × {large.Height} is larger than is allowed."))
            : new ProbeResult.Readable(facts);
    }

    static async Task<MediaDamage?> WavDamageAsync(string path, CancellationToken ct)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 4096, useAsync: true);
        var length = await RiffLength.ReadAsync(file, ct);
        if (length is null or { Present: 0 })
            return new(MediaDamageKind.Empty, "The WAV file holds a header but no sound.");
        return length.Missing == 0
            ? null
            : new(MediaDamageKind.Truncated, string.Create(CultureInfo.InvariantCulture,
                $"The WAV file ends early: {length.Present * 100d / length.Declared!.Value:0.#} % of the sound its header promises is there."));
    }

    static async Task ReadAnswerAsync(Stream output, MemoryStream answer)
    {
        var buffer = new byte[8192];
        int read;
        while (answer.Length <= MaxAnswer && (read = await output.ReadAsync(buffer)) > 0)
            answer.Write(buffer, 0, read);
    }

    /// <summary>The facts, and how many streams of sound or picture say nothing that could be decoded.</summary>
    static (MediaFacts Facts, int Unusable) Parse(MemoryStream answer, MediaType type, long length)
    {
        answer.Position = 0;
        using var json = JsonDocument.Parse(answer);
        var format = json.RootElement.GetProperty("format");
        var start = Number(format, "start_time") ?? 0;
        var audio = new List<AudioFacts>();
        var video = new List<VideoFacts>();
        var unusable = 0;
        foreach (var stream in json.RootElement.GetProperty("streams").EnumerateArray())
        {
            var index = stream.GetProperty("index").GetInt32();
            var codec = Text(stream, "codec_name") ?? "unknown";
            var kind = Text(stream, "codec_type");
            if (kind == "audio" && Number(stream, "channels") is > 0 and var channels && Number(stream, "sample_rate") is > 0 and var rate)
                audio.Add(new AudioFacts(index, codec, (int)channels, (int)rate, Seconds(Math.Max(0, (Number(stream, "start_time") ?? start) - start))));
            else if (kind == "video" && IsCover(stream))
                continue;
            else if (kind == "video" && Number(stream, "width") is > 0 and var width && Number(stream, "height") is > 0 and var height)
                video.Add(new VideoFacts(index, codec, (int)width, (int)height, Ratio(Text(stream, "avg_frame_rate")), Text(stream, "pix_fmt")));
            else if (kind is "audio" or "video")
                unusable++;
        }

        var seconds = Number(format, "duration");
        return (new MediaFacts
        {
            Type = type,
            Length = length,
            Duration = seconds is { } known ? Seconds(known) : null,
            BitRate = (long?)Number(format, "bit_rate"),
            Audio = audio,
            Video = video,
        }, unusable);
    }

    /// <summary>A hostile header may say more than a TimeSpan holds.</summary>
    static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.MaxValue.TotalSeconds / 2));

    static bool IsCover(JsonElement stream) =>
        stream.TryGetProperty("disposition", out var disposition) && Number(disposition, "attached_pic") == 1;

    static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>ffprobe writes some numbers as numbers, others as text, and leaves out what it does not know.</summary>
    static double? Number(JsonElement parent, string name) => !parent.TryGetProperty(name, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String when double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    static double? Ratio(string? text)
    {
        var parts = text?.Split('/');
        return parts is [var over, var under]
            && double.TryParse(over, NumberStyles.Float, CultureInfo.InvariantCulture, out var numerator)
            && double.TryParse(under, NumberStyles.Float, CultureInfo.InvariantCulture, out var denominator)
            && numerator > 0 && denominator > 0
            ? numerator / denominator
            : null;
    }
}

/// <summary>What a probe found: exactly one of the two below.</summary>
abstract record ProbeResult
{
    ProbeResult()
    {
    }

    public sealed record Readable(MediaFacts Facts) : ProbeResult;

    public sealed record Damaged(MediaDamage Damage) : ProbeResult;
}
