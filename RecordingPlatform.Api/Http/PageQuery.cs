using System.Globalization;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Http;

/// <summary>Which page of a list is asked for; as text, so that what is wrong gets a code of its own.</summary>
internal class PageQuery
{
    /// <summary>From 1; ignored with cursor and before.</summary>
    [FromQuery(Name = "page")] public string? Page { get; init; }
    /// <summary>1 to 100; 20 without it.</summary>
    [FromQuery(Name = "page_size")] public string? PageSize { get; init; }
    /// <summary>next_cursor of an earlier answer.</summary>
    [FromQuery(Name = "cursor")] public string? Cursor { get; init; }
    /// <summary>A refresh that nobody asked for by hand: audited once in ten minutes.</summary>
    [FromQuery(Name = "live")] public bool? Live { get; init; }

    /// <summary>Codes of what <see cref="ReadPage"/> refuses.</summary>
    public static readonly string[] PageCodes = ["page_invalid", "page_size_invalid", "cursor_invalid"];

    /// <param name="Number">From 1.</param>
    /// <param name="Size">Rows.</param>
    /// <param name="Cursor">Where it begins.</param>
    public readonly record struct Place(int Number, int Size, RecordingCursor? Cursor)
    {
        /// <summary>Rows before it; none with a cursor.</summary>
        public long Skip => Cursor is null ? (long)(Number - 1) * Size : 0;
    }

    public (Place Place, BadRequest? Problem) ReadPage()
    {
        if (!TryNumber(Page, 1, int.MaxValue, out var page))
            return (default, new BadRequest("page_invalid", "page is a whole number from 1."));
        if (!TryNumber(PageSize, 20, 100, out var size))
            return (default, new BadRequest("page_size_invalid", "page_size is a whole number from 1 to 100."));
        RecordingCursor? cursor = null;
        if (Cursor is not null && (cursor = RecordingCursor.Parse(Cursor)) is null)
            return (default, new BadRequest("cursor_invalid", "cursor is what an earlier answer gave as next_cursor."));
        return (new Place(page, size, cursor), null);
    }

    /// <summary>An ISO 8601 time; UTC where it does not say.</summary>
    protected static bool TryTime(string? text, out DateTimeOffset? time)
    {
        time = null;
        if (text is null)
            return true;
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var parsed))
            return false;
        time = parsed;
        return true;
    }

    static bool TryNumber(string? text, int otherwise, int most, out int number)
    {
        number = otherwise;
        return text is null || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 1 && number <= most);
    }
}
