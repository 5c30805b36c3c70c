using RecordingPlatform.Core.FreePbx;

namespace RecordingPlatform.Tests.FreePbx;

public sealed class WatchScheduleTests
{
    [Theory]
    [InlineData(0, Sighting.Nothing, 1, 1)]
    [InlineData(59, Sighting.Nothing, 1, 1)]
    [InlineData(60, Sighting.Nothing, 5, 5)]
    [InlineData(299, Sighting.Nothing, 5, 5)]
    [InlineData(300, Sighting.Nothing, 27, 33)]
    [InlineData(1800, Sighting.Nothing, 108, 132)]
    [InlineData(7200, Sighting.Nothing, 540, 660)]
    [InlineData(86_400, Sighting.Nothing, 540, 660)]
    [InlineData(0, Sighting.Growing, 1, 1)]
    [InlineData(60, Sighting.Growing, 5, 5)]
    [InlineData(7200, Sighting.Growing, 10, 10)]
    [InlineData(0, Sighting.Still, 1, 1)]
    [InlineData(7200, Sighting.Still, 2, 2)]
    public void It_looks_each_second_for_a_minute_and_then_ever_more_rarely(int seconds, Sighting seen, double least, double most)
    {
        var since = TimeSpan.FromSeconds(seconds);
        Assert.Equal(least, WatchSchedule.Pause(since, seen, 0).TotalSeconds, 6);
        Assert.Equal(most, WatchSchedule.Pause(since, seen, 1).TotalSeconds, 6);
    }

    [Fact]
    public void A_call_that_never_shows_costs_a_few_hundred_looks_in_its_day()
    {
        var looks = 0;
        for (var since = TimeSpan.Zero; since < WatchSchedule.Window; since += WatchSchedule.Pause(since, Sighting.Nothing, 0.5))
            looks++;
        Assert.InRange(looks, 300, 400);
    }

    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 10)]
    [InlineData(6, 160)]
    [InlineData(7, 300)]
    [InlineData(1000, 300)]
    public void A_source_that_fails_is_asked_ever_more_rarely(int failures, double seconds) =>
        Assert.Equal(seconds, WatchSchedule.PauseAfterFailure(failures).TotalSeconds);

    [Theory]
    [InlineData(60, 1, true, false)]
    [InlineData(2.9, 3, true, false)]
    [InlineData(3, 2, true, true)]
    [InlineData(59.9, 30, false, false)]
    [InlineData(60, 1, false, false)]
    [InlineData(60, 2, false, true)]
    public void A_file_is_ready_when_it_stood_still_over_two_looks_and_longer_while_the_call_may_last(double still, int looks, bool ended, bool ready) =>
        Assert.Equal(ready, SpoolReadiness.IsReady(TimeSpan.FromSeconds(still), looks, ended));
}
