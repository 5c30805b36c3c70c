#pragma warning disable RS0030 // reads and writes files of a work directory

using System.Buffers;
using System.Globalization;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Worker.Children;

namespace RecordingPlatform.Worker.Media;

/// <summary>
/// Makes every output of a recording with one ffmpeg. Safe to run twice: the same input gives the same bytes, and a second
/// run overwrites what a first left.
/// </summary>
sealed class MediaRenderer(MediaTools tools)
{
    /// <summary>Share of undecodable packets above which a file is damaged; below it a player would play on as well.</summary>
    public const double MaxErrorRate = 0.05;

    /// <summary>Codec delay, rounding and editing lists leave this much between what is declared and what is decoded.</summary>
    static readonly TimeSpan s_toleratedLoss = TimeSpan.FromSeconds(0.5);

    const double ToleratedLossShare = 0.01;

    /// <summary>Bytes to expect in the work directory for an input of which only the size is known; speech codecs grow the most.</summary>
    public static long ExpectedBytes(long inputLength) => (inputLength * 4) + (16L << 20);

    /// <param name="input">Absolute path; stays as it is.</param>
    /// <param name="facts">What <see cref="MediaProbe"/> found in it.</param>
    /// <param name="workdir">Receives the outputs.</param>
    /// <param name="settings">What is asked for.</param>
    /// <param name="progress">0 to 1, rising, about once a second; only 1 when the duration is not known beforehand.</param>
    /// <param name="ct">Kills ffmpeg; what it wrote is the work directory's to wipe.</param>
    /// <exception cref="WorkDirectoryFullException">No room for the outputs.</exception>
    /// <exception cref="MediaToolException">ffmpeg failed for a reason that is not the file's.</exception>
    /// <exception cref="ChildStartException">ffmpeg cannot be started.</exception>
    public async Task<RenderResult> RenderAsync(
        string input, MediaFacts facts, WorkDirectory workdir, RenderSettings settings, IProgress<double>? progress, CancellationToken ct)
    {
        var copyVideo = RenderArguments.CanCopyVideo(facts);
        var result = await RenderAsync(input, facts, workdir, settings, copyVideo, progress, ct);
        // H.264 that players bear may still not fit MP4 as it is (no parameter sets, timestamps that run backwards).
        return copyVideo && result is RenderResult.Damaged { Damage.Kind: MediaDamageKind.Undecodable }
            ? await RenderAsync(input, facts, workdir, settings, copyVideo: false, progress, ct)
            : result;
    }

    async Task<RenderResult> RenderAsync(
        string input, MediaFacts facts, WorkDirectory workdir, RenderSettings settings, bool copyVideo, IProgress<double>? progress, CancellationToken ct)
    {
        var arguments = new RenderArguments
        {
            Input = input,
            Facts = facts,
            HighPath = workdir.File(facts.HasVideo ? "high.mp4" : "high.m4a"),
            LowPath = workdir.File("low.webm"),
            ReduceNoise = settings.ReduceNoise,
            CopyVideo = copyVideo,
            MaxPixels = tools.Options.MaxPixels,
        };
        var peaks = facts.Audio.Count > 0 ? new WaveformBuilder(arguments.Channels, RenderArguments.WaveformSampleRate) : null;
        var log = new RenderLog(facts.Duration, progress);
        var exit = await tools.RunAsync(new ChildCommand
        {
            Executable = tools.Ffmpeg,
            Arguments = arguments.ToList(),
            WorkingDirectory = workdir.Path,
            Limits = Limits(facts, copyVideo),
            ReadOutputAsync = peaks is null ? null : output => ReadPeaksAsync(output, peaks),
            OnErrorLine = log.Read,
        }, ct);
        if (log.OutOfSpace)
            throw new WorkDirectoryFullException();
        if (!exit.Succeeded)
            return new RenderResult.Damaged(MediaTools.Judge(exit, facts.Type));
        if (log.OutputFailed)
            throw new MediaToolException("ffmpeg could not finish an output.");

        var waveform = peaks?.ToWaveform();
        var heard = waveform?.Duration ?? TimeSpan.Zero;
        var duration = facts.HasVideo && log.OutTime > heard ? log.OutTime : heard;
        if (Loss(facts, duration) is { } damage)
            return new RenderResult.Damaged(damage);

        var rendition = new Rendition
        {
            High = FileAt(arguments.HighPath, facts.HasVideo ? "video/mp4" : "audio/mp4"),
            Low = waveform is null ? null : FileAt(arguments.LowPath, "audio/webm; codecs=opus"),
            WaveformFile = waveform is null ? null : await WriteAsync(waveform, workdir, ct),
            Waveform = waveform,
            Loudness = waveform is null ? null : log.Loudness,
            Duration = duration,
        };
        progress?.Report(1);
        return new RenderResult.Rendered(rendition);
    }

    static MediaDamage? Loss(MediaFacts facts, TimeSpan decoded)
    {
        if (decoded <= TimeSpan.Zero)
            return new(MediaDamageKind.Empty, $"Nothing in the {facts.Type.Label} file could be decoded.");
        if (!facts.Type.DeclaresDuration || facts.Audio.Count == 0 || facts.Duration is not { } declared)
            return null;
        var missing = declared - decoded;
        return missing > s_toleratedLoss && missing > declared * ToleratedLossShare
            ? new(MediaDamageKind.Truncated, string.Create(CultureInfo.InvariantCulture,
                $"The file ends early: of {declared.TotalSeconds:0.#} s that its header promises, {decoded.TotalSeconds:0.#} s could be decoded."))
            : null;
    }

    /// <summary>Figures and their reasons: <c>PROCESSING.md</c>.</summary>
    ChildLimits Limits(MediaFacts facts, bool copyVideo)
    {
        var duration = facts.Duration ?? tools.Options.MaxDuration;
        var cpu = TimeSpan.FromMinutes(1) + (duration * 0.5) + (facts.HasVideo && !copyVideo ? duration * 8 : TimeSpan.Zero);
        return new ChildLimits
        {
            CpuTime = cpu,
            WallClock = cpu * 4,
            AddressSpaceBytes = tools.Options.AddressSpaceBytes,
            FileSizeBytes = (64L << 20) + (facts.Length * 4) + (long)(duration.TotalSeconds * 20_000),
        };
    }

    static async Task ReadPeaksAsync(Stream output, WaveformBuilder peaks)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        int read;
        while ((read = await output.ReadAsync(buffer)) > 0)
            peaks.Append(buffer.AsSpan(0, read));
        ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
    }

    static async Task<RenditionFile> WriteAsync(Waveform waveform, WorkDirectory workdir, CancellationToken ct)
    {
        var json = new ArrayBufferWriter<byte>();
        waveform.WriteTo(json);
        var path = workdir.File("waveform.json");
        await File.WriteAllBytesAsync(path, json.WrittenMemory, ct);
        return FileAt(path, "application/json");
    }

    static RenditionFile FileAt(string path, string contentType) => new(path, contentType, new FileInfo(path).Length);
}
