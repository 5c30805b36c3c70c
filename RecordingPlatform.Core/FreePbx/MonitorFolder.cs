using System.Globalization;

namespace RecordingPlatform.Core.FreePbx;

/// <summary>The folders of a spool, <c>YYYY/MM/DD</c> by the PBX's own day. A call over midnight stays where it began.</summary>
public static class MonitorFolder
{
    /// <summary>How far the clocks of PBX and reporter may be apart.</summary>
    public static readonly TimeSpan ClockSlack = TimeSpan.FromMinutes(15);

    /// <summary>No folder is looked through for ever because a call's end was never reported.</summary>
    static readonly TimeSpan LongestCall = TimeSpan.FromHours(12);

    public static string Of(DateOnly day) => day.ToString("yyyy'/'MM'/'dd", CultureInfo.InvariantCulture);

    /// <summary>
    /// Where files of a call may lie, the likeliest first: the day on which it began, days on which a later leg may have begun, and
    /// near midnight the neighbour.
    /// </summary>
    /// <param name="startedAt">As reported.</param>
    /// <param name="endedAt">As reported; the present while it lasts.</param>
    /// <param name="zone">Of the PBX.</param>
    public static IReadOnlyList<string> Of(DateTimeOffset startedAt, DateTimeOffset endedAt, TimeZoneInfo zone)
    {
        var last = endedAt < startedAt ? startedAt : endedAt - startedAt > LongestCall ? startedAt + LongestCall : endedAt;
        var began = DayOf(startedAt, zone);
        return [.. Days(DayOf(startedAt - ClockSlack, zone), DayOf(last + ClockSlack, zone)).OrderBy(day => day != began).ThenBy(day => day).Select(Of)];
    }

    /// <summary>The day of the moment and so many days before it, newest first, with the day that has begun by a clock that is ahead.</summary>
    public static IReadOnlyList<string> Back(DateTimeOffset now, int days, TimeZoneInfo zone) =>
        [.. Days(DayOf(now, zone).AddDays(-days), DayOf(now + ClockSlack, zone)).Reverse().Select(Of)];

    static DateOnly DayOf(DateTimeOffset at, TimeZoneInfo zone) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime);

    static IEnumerable<DateOnly> Days(DateOnly first, DateOnly last)
    {
        for (var day = first; day <= last; day = day.AddDays(1))
            yield return day;
    }
}
