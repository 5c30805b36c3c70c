using Microsoft.AspNetCore.WebUtilities;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.Recordings;

/// <summary>The list's filters as the address bar holds them: what can be bookmarked, shared, saved and gone back to.</summary>
public sealed record ListQuery
{
    public const string Path = "/recordings";

    /// <summary>The API finds words of this length and longer.</summary>
    public const int ShortestText = 3;

    /// <summary>Words to find.</summary>
    public string? Text { get; init; }
    /// <summary>One of <see cref="StatusLook.All"/>.</summary>
    public string? Status { get; init; }
    public string? Source { get; init; }
    /// <summary>A phone number, identity or name, in full.</summary>
    public string? Participant { get; init; }
    public bool HasVideo { get; init; }
    /// <summary>First day, in the reader's calendar.</summary>
    public DateOnly? From { get; init; }
    /// <summary>Last day, included.</summary>
    public DateOnly? To { get; init; }
    /// <summary>Only in addresses that other pages and programs make.</summary>
    public string? CallId { get; init; }
    public string? MeetingId { get; init; }
    public string? SubjectId { get; init; }
    /// <summary>Where the page begins; none is the newest.</summary>
    public string? Cursor { get; init; }
    /// <summary>Where the page ends: the way back.</summary>
    public string? Before { get; init; }

    public static ListQuery Parse(IQueryCollection query) => Parse(name => query[name].FirstOrDefault());

    /// <summary>Of an address without its question mark.</summary>
    public static ListQuery Parse(string query)
    {
        var values = QueryHelpers.ParseQuery(query);
        return Parse(name => values.TryGetValue(name, out var value) ? value.FirstOrDefault() : null);
    }

    static ListQuery Parse(Func<string, string?> value) => new()
    {
        Text = QueryText.Given(value("q")),
        Status = QueryText.Given(value("status")),
        Source = QueryText.Given(value("source")),
        Participant = QueryText.Given(value("participant")),
        HasVideo = value("has_video") == "true",
        From = QueryText.Day(value("from")),
        To = QueryText.Day(value("to")),
        CallId = QueryText.Given(value("call_id")),
        MeetingId = QueryText.Given(value("meeting_id")),
        SubjectId = QueryText.Given(value("subject_id")),
        Cursor = QueryText.Given(value("cursor")),
        Before = QueryText.Given(value("before")),
    };

    public bool IsFiltered => Filters.Length > 0;

    /// <summary>Whether one of the less usual filters is set, whose fields are folded away otherwise.</summary>
    public bool IsUnusual => Participant is not null || HasVideo;

    public bool IsNewest => Cursor is null && Before is null;

    /// <summary>A range that ends before it begins: nothing can match, and saying so helps more than an empty list.</summary>
    public bool IsBackwards => From > To;

    /// <summary>Still being typed: the list is shown as if there were no words yet.</summary>
    public bool IsTooShort => Text?.Length < ShortestText;

    /// <summary>What is filtered by, without the page: two addresses with the same filters have the same.</summary>
    public string Filters => Written(this with { Cursor = null, Before = null }, live: null);

    internal RecordingFilter ForApi(Appearance looks) => new()
    {
        Text = IsTooShort ? null : Text,
        Status = Status,
        Source = Source,
        Participant = Participant,
        HasVideo = HasVideo,
        From = From is { } from ? looks.StartOf(from) : null,
        Until = To is { } to ? looks.StartOf(to.AddDays(1)) : null,
        CallId = CallId,
        MeetingId = MeetingId,
        SubjectId = SubjectId,
        Cursor = Cursor,
        Before = Before,
    };

    /// <summary>The address of these filters on the newest page.</summary>
    public string Newest => (this with { Cursor = null, Before = null }).Address;

    public string Older(string cursor) => (this with { Cursor = cursor, Before = null }).Address;

    public string Newer(string cursor) => (this with { Cursor = null, Before = cursor }).Address;

    public string Address => At(Written(this, live: null));

    /// <summary>Where the list as it is refreshes itself from.</summary>
    public string Live => At(Written(this, live: "true"));

    /// <summary>Each filter in words, and the address without it.</summary>
    internal IEnumerable<FilterChip> Chips()
    {
        var first = this with { Cursor = null, Before = null };
        if (Text is not null)
            yield return new("Search", Text, (first with { Text = null }).Address);
        if (Status is not null)
            yield return new("Status", StatusLook.Of(Status).Word, (first with { Status = null }).Address);
        if (Source is not null)
            yield return new("Source", Naming.Source(Source), (first with { Source = null }).Address);
        if (From is { } from)
            yield return new("From", Appearance.Day(from), (first with { From = null }).Address);
        if (To is { } to)
            yield return new("To", Appearance.Day(to), (first with { To = null }).Address);
        if (Participant is not null)
            yield return new("Participant", Participant, (first with { Participant = null }).Address);
        if (HasVideo)
            yield return new("Media", "With video", (first with { HasVideo = false }).Address);
        if (CallId is not null)
            yield return new("Call", CallId, (first with { CallId = null }).Address);
        if (MeetingId is not null)
            yield return new("Meeting", MeetingId, (first with { MeetingId = null }).Address);
        if (SubjectId is not null)
            yield return new("Person", SubjectId, (first with { SubjectId = null }).Address);
    }

    static string Written(ListQuery list, string? live) => QueryText.Of(
        ("q", list.Text), ("status", list.Status), ("source", list.Source), ("participant", list.Participant), ("has_video", list.HasVideo ? "true" : null),
        ("from", QueryText.Of(list.From)), ("to", QueryText.Of(list.To)), ("call_id", list.CallId), ("meeting_id", list.MeetingId), ("subject_id", list.SubjectId),
        ("cursor", list.Cursor), ("before", list.Before), ("live", live));

    static string At(string query) => QueryText.At(Path, query);
}

/// <param name="Name">What is filtered by.</param>
/// <param name="Value">In words.</param>
/// <param name="Without">The list's address without this filter.</param>
internal sealed record FilterChip(string Name, string Value, string Without);
