using RecordingPlatform.Core.Media;

namespace RecordingPlatform.Tests.Media;

public sealed class LoudnessTests
{
    [Theory]
    [InlineData(-23.0, -10.0, 7.0)]
    [InlineData(-10.0, -0.5, -6.0)]
    [InlineData(-30.0, -4.0, 3.0)] // the peak may rise to -1 dBTP only
    [InlineData(-30.0, 0.5, 0.0)]
    [InlineData(-60.0, -50.0, 20.0)] // a whisper, not the noise of the room
    [InlineData(null, null, 0.0)]
    public void Gain_aims_at_minus_16_and_stays_below_the_ceiling(double? integrated, double? peak, double gain) =>
        Assert.Equal(gain, new Loudness(integrated, peak).GainDb, 3);
}
