using System.Globalization;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Api.Http;

/// <summary>Reads a list's parameters, which come as text so that what is wrong with them gets a code of its own.</summary>
internal static class QueryReading
{
    public static BadRequest BadPage { get; } = new("page_invalid", "page is a whole number from 1.");
    public static BadRequest BadPageSize { get; } = new("page_size_invalid", "page_size is a whole number from 1 to 100.");
    public static BadRequest BadCursor { get; } = new("cursor_invalid", "cursor is what an earlier answer gave as next_cursor.");
    public static BadRequest BadFrom { get; } = new("from_invalid", "from is an ISO 8601 time, such as 2026-01-31T09:30:00Z.");
    public static BadRequest BadTo { get; } = new("to_invalid", "to is an ISO 8601 time, such as 2026-01-31T09:30:00Z.");
    /// <summary>PostgreSQL's text cannot hold it, so nothing can match.</summary>
    public static BadRequest BadText { get; } = new("text_invalid", "A filter cannot hold a NUL character.");

    /// <summary>A whole number from 1.</summary>
    public static bool TryNumber(string? text, int otherwise, int most, out int number)
    {
        number = otherwise;
        return text is null || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 1 && number <= most);
    }

    public static bool TryTime(string? text, out DateTimeOffset? time)
    {
        time = null;
        if (text is null)
            return true;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var parsed))
            return false;
        time = parsed;
        return true;
    }

    public static bool TryCursor(string? text, out TimeCursor? cursor)
    {
        cursor = text is null ? null : TimeCursor.Parse(text);
        return text is null || cursor is not null;
    }

    /// <summary>One of the words of an enumeration, as JSON has them.</summary>
    public static bool TryWord<T>(string? text, out T? word) where T : struct, Enum
    {
        word = text is null ? null : SnakeCase.Parse<T>(text);
        return text is null || word is not null;
    }

    public static string WordsOf<T>() where T : struct, Enum => string.Join(", ", Enum.GetValues<T>().Select(SnakeCase.Of));

    /// <summary>Null when there is nothing but blanks.</summary>
    public static string? Trimmed(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
