using System.Globalization;
using RecordingPlatform.Core.FreePbx;

namespace RecordingPlatform.Tests.FreePbx;

public sealed class MonitorFolderTests
{
    [Theory]
    [InlineData("UTC", "2026-11-25T10:00:00Z", "2026-11-25T10:05:00Z", "2026/11/25")]
    // Over midnight it stays where it began; a later leg may begin a day of its own.
    [InlineData("UTC", "2026-11-25T23:30:00Z", "2026-11-26T00:30:00Z", "2026/11/25 2026/11/26")]
    // Clocks are off by minutes.
    [InlineData("UTC", "2026-11-25T23:40:00Z", "2026-11-25T23:50:00Z", "2026/11/25 2026/11/26")]
    [InlineData("UTC", "2026-11-25T23:40:00Z", "2026-11-25T23:44:59Z", "2026/11/25")]
    [InlineData("UTC", "2026-11-26T00:10:00Z", "2026-11-26T00:20:00Z", "2026/11/26 2026/11/25")]
    // The day is the PBX's own.
    [InlineData("Europe/Berlin", "2026-11-25T23:10:00Z", "2026-11-25T23:20:00Z", "2026/11/26 2026/11/25")]
    [InlineData("America/New_York", "2026-11-26T04:30:00Z", "2026-11-26T04:40:00Z", "2026/11/25")]
    [InlineData("Pacific/Kiritimati", "2026-12-31T12:00:00Z", "2026-12-31T12:01:00Z", "2027/01/01")]
    // An end before the beginning, and one that was never reported.
    [InlineData("UTC", "2026-11-25T10:00:00Z", "2026-11-25T09:00:00Z", "2026/11/25")]
    [InlineData("UTC", "2026-11-25T10:00:00Z", "2027-11-25T10:00:00Z", "2026/11/25")]
    [InlineData("UTC", "2026-11-25T18:00:00Z", "2027-11-25T10:00:00Z", "2026/11/25 2026/11/26")]
    // The night that the clocks are put forward.
    [InlineData("Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T01:00:00Z", "2026/03/29 2026/03/28")]
    public void A_call_is_looked_for_on_the_days_that_it_touched(string zone, string started, string ended, string folders) =>
        Assert.Equal(folders, string.Join(' ', MonitorFolder.Of(At(started), At(ended), TimeZoneInfo.FindSystemTimeZoneById(zone))));

    [Theory]
    [InlineData("UTC", "2026-03-01T10:00:00Z", 2, "2026/03/01 2026/02/28 2026/02/27")]
    [InlineData("UTC", "2026-03-01T23:50:00Z", 0, "2026/03/02 2026/03/01")]
    [InlineData("Asia/Tokyo", "2026-03-01T15:30:00Z", 1, "2026/03/02 2026/03/01")]
    public void A_sweep_goes_back_so_many_days(string zone, string now, int days, string folders) =>
        Assert.Equal(folders, string.Join(' ', MonitorFolder.Back(At(now), days, TimeZoneInfo.FindSystemTimeZoneById(zone))));

    static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
