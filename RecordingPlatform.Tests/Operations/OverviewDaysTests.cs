using System.Globalization;
using RecordingPlatform.Core.Operations;

namespace RecordingPlatform.Tests.Operations;

public sealed class OverviewDaysTests
{
    [Theory]
    [InlineData("UTC", "2026-03-14T22:30:00Z", 24, "2026-03-14T00:00:00Z", "2026-03-15T00:00:00Z")]
    // Already the next day there.
    [InlineData("Europe/Copenhagen", "2026-01-14T23:30:00Z", 24, "2026-01-14T23:00:00Z", "2026-01-15T23:00:00Z")]
    // The clocks go forward, and back.
    [InlineData("Europe/Copenhagen", "2026-03-29T10:00:00Z", 23, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")]
    [InlineData("Europe/Copenhagen", "2026-10-25T10:00:00Z", 25, "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")]
    [InlineData("Asia/Kathmandu", "2026-03-14T22:30:00Z", 24, "2026-03-14T18:15:00Z", "2026-03-15T18:15:00Z")]
    public void Today_has_as_many_hours_as_its_clocks_show(string zone, string now, int hours, string begins, string ends)
    {
        var calendar = new OverviewDays(TimeZoneInfo.FindSystemTimeZoneById(zone), Time(now));
        Assert.Equal((hours, Time(begins), Time(ends)), (calendar.Today.Count, calendar.Today[0], calendar.End));
        Assert.Equal(13, calendar.Past.Count);
        Assert.Equal(calendar.Bounds.Order(), calendar.Bounds);
        Assert.All(calendar.Bounds, bound => Assert.Equal(TimeSpan.Zero, bound.Offset));
    }

    [Fact]
    public void Each_day_begins_at_its_own_midnight()
    {
        var calendar = new OverviewDays(TimeZoneInfo.FindSystemTimeZoneById("Europe/Copenhagen"), Time("2026-04-02T12:00:00Z"));
        Assert.Equal(Time("2026-03-19T23:00:00Z"), calendar.Past[0]);
        Assert.Equal(Time("2026-04-01T00:00:00+02:00"), calendar.Past[^1]);
        Assert.Single(calendar.Past.Zip(calendar.Past.Skip(1)), days => days.Second - days.First == TimeSpan.FromHours(23));
    }

    [Theory]
    [InlineData("Europe/Nowhere")]
    [InlineData("../etc/passwd")]
    [InlineData("/etc/localtime")]
    [InlineData("Romance Standard Time")]
    [InlineData("")]
    public void What_is_no_zones_name_names_none(string name) => Assert.Null(OverviewDays.ZoneNamed(name));

    static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
