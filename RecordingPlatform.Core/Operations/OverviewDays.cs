namespace RecordingPlatform.Core.Operations;

/// <summary>
/// Days and hours as the clocks of a time zone have them: a day of 23 or 25 hours has as many ranges. The ranges of
/// <see cref="Bounds"/> are the days before today, then the hours of today, up to <see cref="End"/>.
/// </summary>
public sealed class OverviewDays
{
    /// <summary>Two weeks, today included.</summary>
    public const int Count = 14;

    public OverviewDays(TimeZoneInfo zone, DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);
        Past = [.. Enumerable.Range(1 - Count, Count - 1).Select(ago => StartOf(today.AddDays(ago), zone))];
        End = StartOf(today.AddDays(1), zone);
        var hours = new List<DateTimeOffset>();
        for (var hour = StartOf(today, zone); hour < End; hour = hour.AddHours(1))
            hours.Add(hour);
        Today = hours;
    }

    /// <summary>Where each day before today begins.</summary>
    public IReadOnlyList<DateTimeOffset> Past { get; }

    /// <summary>Where each hour of today begins.</summary>
    public IReadOnlyList<DateTimeOffset> Today { get; }

    /// <summary>Where tomorrow begins.</summary>
    public DateTimeOffset End { get; }

    public IReadOnlyList<DateTimeOffset> Bounds => [.. Past, .. Today];

    /// <summary>A zone by its IANA name; null when there is none of that name.</summary>
    public static TimeZoneInfo? ZoneNamed(string name) =>
        // Zones are files to the runtime: a name without a dot cannot climb out of their folder.
        name.Length is > 0 and < 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '+' or '-') && name[0] != '/'
            && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : null;

    /// <summary>Where a day begins.</summary>
    public static DateTimeOffset StartOf(DateOnly day, TimeZoneInfo zone)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue);
        return new DateTimeOffset(midnight, zone.GetUtcOffset(midnight)).ToUniversalTime();
    }
}
