using System.Globalization;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.Recordings;

/// <summary>The list's filters as the address bar holds them: what can be bookmarked, shared and gone back to.</summary>
/// <param name="Text">Words to find.</param>
/// <param name="Status">One of <see cref="StatusLook.All"/>.</param>
/// <param name="From">First day, in the reader's calendar.</param>
/// <param name="To">Last day, included.</param>
/// <param name="Cursor">The page of the list; none is the newest.</param>
internal sealed record ListQuery(string? Text, string? Status, DateOnly? From, DateOnly? To, string? Cursor)
{
    public const string Path = "/recordings";

    /// <summary>The API finds words of this length and longer.</summary>
    public const int ShortestText = 3;

    public static ListQuery Parse(string? text, string? status, string? from, string? to, string? cursor) =>
        new(Given(text), Given(status), Day(from), Day(to), Given(cursor));

    public bool IsFiltered => Text is not null || Status is not null || From is not null || To is not null;

    /// <summary>A range that ends before it begins: nothing can match, and saying so helps more than an empty list.</summary>
    public bool IsBackwards => From > To;

    /// <summary>Still being typed: the list is shown as if there were no words yet.</summary>
    public bool IsTooShort => Text?.Length < ShortestText;

    internal RecordingFilter ForApi(Appearance looks) =>
        new(IsTooShort ? null : Text, Status, From is { } from ? looks.StartOf(from) : null, To is { } to ? looks.StartOf(to.AddDays(1)) : null, Cursor);

    /// <summary>The address of these filters, on another page of the list.</summary>
    public string At(string? cursor) => Address(cursor, live: null);

    /// <summary>Where the list as it is refreshes itself from.</summary>
    public string Live => Address(Cursor, live: "true");

    string Address(string? cursor, string? live)
    {
        (string Name, string? Value)[] parts = [("q", Text), ("status", Status), ("from", Written(From)), ("to", Written(To)), ("cursor", cursor), ("live", live)];
        var query = string.Join('&', parts.Where(p => p.Value is not null).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}"));
        return query.Length == 0 ? Path : $"{Path}?{query}";
    }

    public static string? Written(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    // Typed by hand into the address: what is no date is no filter.
    static DateOnly? Day(string? text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day < DateOnly.MaxValue ? day : null;
}
