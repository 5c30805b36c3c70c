using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Recordings;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.Completeness;

/// <summary>Which expectations are shown, as the address bar holds it.</summary>
public sealed record CompletenessQuery
{
    public const string Path = "/completeness";

    /// <summary>What has not come and may.</summary>
    public const string Open = "open";
    public const string All = "all";

    /// <summary>Back from today, when no days are given.</summary>
    const int UsualDays = 30;

    /// <summary>A state of <see cref="ExpectationLook.All"/>, <see cref="All"/>, or none for what is open.</summary>
    public string? State { get; init; }
    public string? Source { get; init; }
    /// <summary>First day on which something was due, in the reader's calendar.</summary>
    public DateOnly? From { get; init; }
    /// <summary>Last day, included.</summary>
    public DateOnly? To { get; init; }
    public string? Cursor { get; init; }

    public static CompletenessQuery Parse(IQueryCollection query)
    {
        string? Value(string name) => QueryText.Given(query[name].FirstOrDefault());
        return new()
        {
            State = Value("state") is { } state && state != Open ? state : null,
            Source = Value("source"),
            From = QueryText.Day(Value("from")),
            To = QueryText.Day(Value("to")),
            Cursor = Value("cursor"),
        };
    }

    public bool IsFiltered => Source is not null || From is not null || To is not null || State is not null;

    public bool IsBackwards => From > To;

    internal ExpectationFilter ForApi(Appearance looks, DateOnly today)
    {
        // The days that are drawn are whole ones of the reader's calendar.
        var from = From ?? (To ?? today).AddDays(1 - UsualDays);
        return new()
        {
            Source = Source,
            State = State switch { null => Open, All => null, var state => state },
            From = looks.StartOf(from),
            Until = looks.StartOf((To ?? today.AddDays(1)).AddDays(1)),
            Cursor = Cursor,
        };
    }

    public string Address => QueryText.At(Path, Written(this, live: null));

    public string Live => QueryText.At(Path, Written(this, live: "true"));

    public string Newest => (this with { Cursor = null }).Address;

    public string Older(string cursor) => (this with { Cursor = cursor }).Address;

    internal IEnumerable<FilterChip> Chips()
    {
        var first = this with { Cursor = null };
        if (State is not null)
            yield return new("State", State == All ? "All" : ExpectationLook.Of(State).Word, (first with { State = null }).Address);
        if (Source is not null)
            yield return new("Source", Naming.Source(Source), (first with { Source = null }).Address);
        if (From is { } from)
            yield return new("Due from", Appearance.Day(from), (first with { From = null }).Address);
        if (To is { } to)
            yield return new("Due to", Appearance.Day(to), (first with { To = null }).Address);
    }

    static string Written(CompletenessQuery list, string? live) => QueryText.Of(
        ("state", list.State), ("source", list.Source), ("from", QueryText.Of(list.From)), ("to", QueryText.Of(list.To)), ("cursor", list.Cursor), ("live", live));
}
