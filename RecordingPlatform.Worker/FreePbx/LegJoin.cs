using System.Globalization;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Worker.FreePbx;

/// <summary>Makes one stereo WAV of two legs: what was heard on the left, what was said on the right, the shorter one padded with silence at its end.</summary>
sealed class LegJoin(MediaTools tools, MediaProbe probe) : IDisposable
{
    public const string FileName = "joined.wav";

    // More files are fetched at a time than there are cores, and this computes.
    readonly SemaphoreSlim _cores = new(Environment.ProcessorCount);

    /// <summary>The same input gives the same bytes.</summary>
    /// <returns>The path of the joined file; null when one of the legs cannot be decoded.</returns>
    public async Task<string?> RunAsync((string Path, MediaType Type) heard, (string Path, MediaType Type) said, WorkDirectory workdir, CancellationToken ct)
    {
        await _cores.WaitAsync(ct);
        try
        {
            return await JoinAsync(heard, said, workdir, ct);
        }
        finally
        {
            _cores.Release();
        }
    }

    public void Dispose() => _cores.Dispose();

    async Task<string?> JoinAsync((string Path, MediaType Type) heard, (string Path, MediaType Type) said, WorkDirectory workdir, CancellationToken ct)
    {
        if (await FactsAsync(heard, ct) is not { Audio: [var left, ..] } first || await FactsAsync(said, ct) is not { Audio: [var right, ..] } second)
            return null;
        if (first.Duration is not { } oneLasts || second.Duration is not { } otherLasts)
            return null;
        var longest = oneLasts > otherLasts ? oneLasts : otherLasts;
        var joined = workdir.File(FileName);
        var rate = Text(Math.Max(left.SampleRate, right.SampleRate));
        // Both without end, and cut where the longer one ends: join drops what is queued when one of its inputs ends.
        var even = $"aresample={rate},aformat=sample_fmts=s16:channel_layouts=mono,apad";
        var exit = await tools.RunAsync(new ChildCommand
        {
            Executable = tools.Ffmpeg,
            Arguments =
            [
                "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+error", "-y", "-threads", "1",
                .. MediaTools.Input(heard.Path, heard.Type), .. MediaTools.Input(said.Path, said.Type),
                "-filter_complex",
                $"[0:{Text(left.Index)}]{even}[l];[1:{Text(right.Index)}]{even}[r];[l][r]join=inputs=2:channel_layout=stereo:map=0.0-FL|1.0-FR[both]",
                "-t", longest.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture),
                "-map", "[both]", "-c:a", "pcm_s16le", "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact", "-f", "wav", "file:" + joined,
            ],
            WorkingDirectory = workdir.Path,
            Limits = Limits(longest),
        }, ct);
        if (exit.Succeeded)
            return joined;
        // Throws when it is the machine's fault.
        _ = MediaTools.Judge(exit, first.Type);
        return null;
    }

    async Task<MediaFacts?> FactsAsync((string Path, MediaType Type) leg, CancellationToken ct) =>
        await probe.ProbeAsync(leg.Path, leg.Type, ct) is ProbeResult.Readable readable ? readable.Facts : null;

    ChildLimits Limits(TimeSpan duration)
    {
        var cpu = TimeSpan.FromMinutes(1) + (duration * 0.1);
        return new ChildLimits
        {
            CpuTime = cpu,
            WallClock = cpu * 4,
            AddressSpaceBytes = tools.Options.AddressSpaceBytes,
            // Two channels of 16 bits at 48 kHz; a day of it at the telephone's rate.
            FileSizeBytes = (64L << 20) + (long)(duration.TotalSeconds * 192_000),
        };
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
