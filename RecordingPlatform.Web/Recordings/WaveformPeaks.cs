using RecordingPlatform.Web.ApiClient;

namespace RecordingPlatform.Web.Recordings;

/// <summary>The outline that the player draws: for each channel the loudest sample of each slice, 0 to 100.</summary>
/// <param name="Seconds">How long the outline is.</param>
/// <param name="Channels">One row of slices each.</param>
internal sealed record WaveformPeaks(double Seconds, IReadOnlyList<int[]> Channels)
{
    /// <summary>Twice the widest waveform on screen in bars of three pixels: an hour's peaks become a few kilobytes.</summary>
    public const int MaxPoints = 800;

    /// <summary>Slices take every point into account, so that a short shout in a long silence is still seen.</summary>
    public static WaveformPeaks Of(Waveform waveform)
    {
        // A file cut short is drawn as far as it goes.
        var length = Math.Min(waveform.Length, waveform.Data.Count / (2 * waveform.Channels));
        var points = Math.Min(length, MaxPoints);
        var full = Math.Pow(2, waveform.Bits - 1);
        var channels = new int[waveform.Channels][];
        for (var channel = 0; channel < channels.Length; channel++)
        {
            var peaks = channels[channel] = new int[points];
            for (var i = 0; i < length; i++)
            {
                var at = 2 * ((i * channels.Length) + channel);
                var peak = Math.Max(Math.Abs(waveform.Data[at]), Math.Abs(waveform.Data[at + 1]));
                ref var slice = ref peaks[(int)((long)i * points / length)];
                slice = Math.Max(slice, (int)Math.Round(Math.Min(1, peak / full) * 100));
            }
        }
        return new((double)length * waveform.SamplesPerPixel / waveform.SampleRate, channels);
    }
}
