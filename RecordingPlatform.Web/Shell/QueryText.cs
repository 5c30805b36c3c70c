using System.Globalization;

namespace RecordingPlatform.Web.Shell;

/// <summary>Filters as an address holds them.</summary>
internal static class QueryText
{
    /// <summary>Without its question mark; what has no value is left out.</summary>
    public static string Of(params ReadOnlySpan<(string Name, string? Value)> parts)
    {
        var written = "";
        foreach (var (name, value) in parts)
        {
            if (value is not null)
                written += $"{(written.Length == 0 ? "" : "&")}{name}={Uri.EscapeDataString(value)}";
        }
        return written;
    }

    public static string? Of(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    public static string At(string path, string query) => query.Length == 0 ? path : $"{path}?{query}";

    public static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    // Typed by hand into the address: what is no date is no filter.
    public static DateOnly? Day(string? text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day < DateOnly.MaxValue ? day : null;
}
