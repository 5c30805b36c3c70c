using System.Globalization;

namespace RecordingPlatform.Web.Shell;

/// <summary>How this browser wants to see the portal: from cookies, so that the first byte of the page is already right.</summary>
internal sealed class Appearance(IHttpContextAccessor context)
{
    public const string ThemeCookie = "portal-theme";
    public const string ZoneCookie = "portal-zone";
    static readonly CultureInfo English = CultureInfo.GetCultureInfo("en-GB");

    /// <summary><c>light</c> or <c>dark</c>; null follows the system, which only the browser knows.</summary>
    public string? Theme => Cookie(ThemeCookie) is "light" or "dark" ? Cookie(ThemeCookie) : null;

    /// <summary>The browser's time zone, UTC until it has told.</summary>
    public TimeZoneInfo Zone =>
        field ??= Cookie(ZoneCookie) is { } id && IsZoneName(id) && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : TimeZoneInfo.Utc;

    public string Date(DateTimeOffset at) => Local(at).ToString("d MMM yyyy", English);

    public string Minute(DateTimeOffset at) => Local(at).ToString("d MMM yyyy, HH:mm", English);

    /// <summary><c>22:30</c>, beside a day that is known.</summary>
    public string Clock(DateTimeOffset at) => Local(at).ToString("HH:mm", English);

    public static string Day(DateOnly day) => day.ToString("d MMM yyyy", English);

    public static string LongDay(DateOnly day) => day.ToString("dddd d MMMM", English);

    /// <summary>The day of this browser's calendar in which the instant falls.</summary>
    public DateOnly DayOf(DateTimeOffset at) => DateOnly.FromDateTime(Local(at).DateTime);

    public TimeOnly HourOf(DateTimeOffset at) => TimeOnly.FromDateTime(Local(at).DateTime);

    /// <summary>The instant at which a day of this browser's calendar begins.</summary>
    public DateTimeOffset StartOf(DateOnly day)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue);
        return new(midnight, Zone.GetUtcOffset(midnight));
    }

    // Zones are files to the runtime: a name without a dot cannot climb out of their folder.
    static bool IsZoneName(string id) => id.Length is > 0 and < 64 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '_' or '+' or '-');

    DateTimeOffset Local(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, Zone);

    string? Cookie(string name) => context.HttpContext?.Request.Cookies[name];
}
