using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Recordings;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Tests.Web;

public sealed class DrawingTests
{
    [Theory]
    [InlineData(0, "0:00")]
    [InlineData(59.999, "0:59")]
    [InlineData(60, "1:00")]
    [InlineData(3600, "1:00:00")]
    [InlineData(90061, "25:01:01")]
    [InlineData(-1, "0:00")]
    public void A_duration_counts_whole_seconds(double seconds, string words) => Assert.Equal(words, Words.Duration(seconds));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1000, "1 kB")]
    [InlineData(999_949, "999.9 kB")]
    [InlineData(999_950, "1 MB")]
    [InlineData(104_857_600, "104.9 MB")]
    [InlineData(5_000_000_000_000_000, "5000 TB")]
    public void A_size_never_shows_a_thousand_of_a_unit(long bytes, string words) => Assert.Equal(words, Words.Size(bytes));

    [Theory]
    [InlineData(0, "1 second")]
    [InlineData(30, "30 seconds")]
    [InlineData(90, "90 seconds")]
    [InlineData(91, "2 minutes")]
    [InlineData(130, "3 minutes")]
    [InlineData(280, "5 minutes")]
    public void A_wait_is_rounded_up(int seconds, string words) => Assert.Equal(words, Words.Wait(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void A_short_shout_survives_the_outline()
    {
        const int length = 100_000;
        var data = new int[length * 4];
        data[(70_001 * 4) + 2] = -32768;
        var peaks = WaveformPeaks.Of(Waveform(channels: 2, bits: 16, length, data));
        Assert.Equal(2, peaks.Channels.Count);
        Assert.All(peaks.Channels, channel => Assert.Equal(WaveformPeaks.MaxPoints, channel.Length));
        Assert.All(peaks.Channels[0], peak => Assert.Equal(0, peak));
        Assert.Equal(100, Assert.Single(peaks.Channels[1], peak => peak != 0));
        Assert.Equal(100, peaks.Channels[1][70_001L * WaveformPeaks.MaxPoints / length]);
        Assert.Equal(length * 256 / 8000.0, peaks.Seconds);
    }

    [Fact]
    public void An_outline_cut_short_is_drawn_as_far_as_it_goes()
    {
        Assert.Equal([39, 20], WaveformPeaks.Of(Waveform(channels: 1, bits: 8, length: 9, [-50, 10, 0, 25, 7])).Channels.Single());
        Assert.Empty(WaveformPeaks.Of(Waveform(channels: 1, bits: 8, length: 9, [])).Channels.Single());
    }

    static Waveform Waveform(int channels, int bits, int length, int[] data) =>
        new() { Version = 2, Channels = channels, SampleRate = 8000, SamplesPerPixel = 256, Bits = bits, Length = length, Data = data };
}
