using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Recordings;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.History;

/// <summary>The history's filters as the address bar holds them.</summary>
internal sealed record HistoryQuery
{
    public const string Path = "/history";

    /// <summary>What the API finds names and digits by, at least.</summary>
    public const int Shortest = 3;

    public static readonly IReadOnlyList<(string Value, string Word)> MediaChoices = [("audio", "With audio"), ("video", "With video"), ("missing", "Incomplete")];

    public string? Text { get; init; }
    /// <summary>A phone number as written, or its last digits.</summary>
    public string? Number { get; init; }
    /// <summary>Part of a name or identity.</summary>
    public string? Participant { get; init; }
    public string? Direction { get; init; }
    public string? Source { get; init; }
    public string? Kind { get; init; }
    /// <summary>One of <see cref="MediaChoices"/>.</summary>
    public string? Media { get; init; }
    /// <summary>First day, in the reader's calendar.</summary>
    public DateOnly? From { get; init; }
    /// <summary>Last day, included.</summary>
    public DateOnly? To { get; init; }
    public string? Cursor { get; init; }
    public string? Before { get; init; }

    public static HistoryQuery Parse(IQueryCollection query)
    {
        string? Value(string name) => QueryText.Given(query[name].FirstOrDefault());
        return new()
        {
            Text = Value("q"),
            Number = Value("number"),
            Participant = Value("participant"),
            Direction = Value("direction"),
            Source = Value("source"),
            Kind = Value("kind"),
            Media = Value("media"),
            From = QueryText.Day(Value("from")),
            To = QueryText.Day(Value("to")),
            Cursor = Value("cursor"),
            Before = Value("before"),
        };
    }

    public bool IsFiltered => Written(this with { Cursor = null, Before = null }, live: null).Length > 0;

    /// <summary>Whether one of the filters is set whose fields are folded away otherwise.</summary>
    public bool IsUnusual => Participant is not null || Direction is not null || Source is not null || Media is not null;

    public bool IsNewest => Cursor is null && Before is null;

    public bool IsBackwards => From > To;

    /// <summary>What is still being typed and not filtered by yet.</summary>
    public string? TooShort => Text?.Length < Shortest ? "search" : Number is not null && DigitsOf(Number) < Shortest ? "the number" : Participant?.Length < Shortest ? "the participant" : null;

    public ConversationFilter ForApi(Appearance looks) => new()
    {
        Text = Text?.Length < Shortest ? null : Text,
        Number = Number is not null && DigitsOf(Number) < Shortest ? null : Number,
        Participant = Participant?.Length < Shortest ? null : Participant,
        Direction = Direction,
        Source = Source,
        Kind = Kind,
        Media = Media,
        From = From is { } from ? looks.StartOf(from) : null,
        Until = To is { } to ? looks.StartOf(to.AddDays(1)) : null,
        Cursor = Cursor,
        Before = Before,
    };

    public string Address => QueryText.At(Path, Written(this, live: null));

    public string Live => QueryText.At(Path, Written(this, live: "true"));

    public string Newest => (this with { Cursor = null, Before = null }).Address;

    public string Older(string cursor) => (this with { Cursor = cursor, Before = null }).Address;

    public string Newer(string cursor) => (this with { Cursor = null, Before = cursor }).Address;

    public IEnumerable<FilterChip> Chips()
    {
        var first = this with { Cursor = null, Before = null };
        if (Text is not null)
            yield return new("Search", Text, (first with { Text = null }).Address);
        if (Number is not null)
            yield return new("Number", Number, (first with { Number = null }).Address);
        if (Kind is not null)
            yield return new("Kind", Calls.Kind(Kind), (first with { Kind = null }).Address);
        if (From is { } from)
            yield return new("From", Appearance.Day(from), (first with { From = null }).Address);
        if (To is { } to)
            yield return new("To", Appearance.Day(to), (first with { To = null }).Address);
        if (Participant is not null)
            yield return new("Participant", Participant, (first with { Participant = null }).Address);
        if (Direction is not null)
            yield return new("Direction", Words.Sentence(Direction), (first with { Direction = null }).Address);
        if (Source is not null)
            yield return new("Source", Naming.Source(Source), (first with { Source = null }).Address);
        if (Media is not null)
            yield return new("Media", MediaChoices.FirstOrDefault(m => m.Value == Media).Word ?? Media, (first with { Media = null }).Address);
    }

    static int DigitsOf(string number) => number.Count(char.IsAsciiDigit);

    static string Written(HistoryQuery list, string? live) => QueryText.Of(
        ("q", list.Text), ("number", list.Number), ("kind", list.Kind), ("from", QueryText.Of(list.From)), ("to", QueryText.Of(list.To)), ("participant", list.Participant),
        ("direction", list.Direction), ("source", list.Source), ("media", list.Media), ("cursor", list.Cursor), ("before", list.Before), ("live", live));
}
