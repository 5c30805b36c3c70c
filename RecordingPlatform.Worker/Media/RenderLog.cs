using System.Globalization;
using RecordingPlatform.Core.Media;

namespace RecordingPlatform.Worker.Media;

/// <summary>Reads ffmpeg's standard error while it works: progress, and the loudness summary at the end.</summary>
sealed class RenderLog(TimeSpan? expected, IProgress<double>? progress)
{
    static readonly string[] s_outputFailures = ["Error writing trailer", "Error closing file", "Unable to re-open"];

    bool _inSummary;
    bool _inTruePeak;
    double? _integrated;
    double? _truePeak;
    double _reported;

    /// <summary>How far the outputs have come.</summary>
    public TimeSpan OutTime { get; private set; }

    /// <summary>An output is not whole although ffmpeg may end with 0: it goes on after a trailer that could not be written.</summary>
    public bool OutputFailed { get; private set; }

    /// <summary>Said anywhere, also where later messages push it out of the tail.</summary>
    public bool OutOfSpace { get; private set; }

    public Loudness Loudness => new(_integrated, _truePeak);

    public void Read(string line)
    {
        OutOfSpace |= line.EndsWith("No space left on device", StringComparison.Ordinal);
        OutputFailed |= s_outputFailures.Any(failure => line.Contains(failure, StringComparison.Ordinal));
        if (line.StartsWith("out_time_us=", StringComparison.Ordinal))
            Advance(line["out_time_us=".Length..]);
        else if (line.StartsWith('['))
            _inSummary = line.StartsWith("[Parsed_ebur128", StringComparison.Ordinal) && line.EndsWith("Summary:", StringComparison.Ordinal);
        else if (_inSummary)
            ReadSummary(line.Trim());
    }

    void Advance(string microseconds)
    {
        if (!long.TryParse(microseconds, NumberStyles.Integer, CultureInfo.InvariantCulture, out var time) || time < 0)
            return;
        OutTime = TimeSpan.FromMicroseconds(time);
        var done = expected is { } whole && whole > TimeSpan.Zero ? Math.Min(1, OutTime / whole) : 0;
        if (done <= _reported)
            return;
        _reported = done;
        progress?.Report(done);
    }

    /// <summary>
    /// A graph that is set up twice writes two summaries: an empty one before the first sample, or one per part of a stream
    /// that changes its format. The last part that was heard stands for the whole; ebur128 answers −70 LUFS when every block
    /// was below its gate, and -inf for digital silence.
    /// </summary>
    void ReadSummary(string line)
    {
        if (line.EndsWith(':'))
            _inTruePeak = line == "True peak:";
        else if (line.StartsWith("I:", StringComparison.Ordinal))
            _integrated = Number(line[2..]) is > -70 and var heard ? heard : _integrated;
        else if (_inTruePeak && line.StartsWith("Peak:", StringComparison.Ordinal))
            _truePeak = Number(line[5..]) is { } peak ? Math.Max(peak, _truePeak ?? peak) : _truePeak;
    }

    static double? Number(string text) =>
        double.TryParse(text.Trim().Split(' ')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
}
