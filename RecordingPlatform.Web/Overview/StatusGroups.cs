using System.Collections.Immutable;
using RecordingPlatform.Web.ApiClient;

namespace RecordingPlatform.Web.Overview;

/// <summary>Statuses as an overview shows them: what is done, what is under way, and what somebody has to look at.</summary>
internal static class StatusGroups
{
    public static readonly ImmutableArray<(string Name, string Css, ImmutableArray<string> Statuses)> All =
    [
        ("Ready", "fill-ready", ["ready"]),
        ("In progress", "fill-busy", ["receiving", "stored", "processing"]),
        ("Needs attention", "fill-bad", ["failed", "damaged", "absent"]),
    ];

    public static int Count(this IntakeSlice slice, ImmutableArray<string> statuses) => statuses.Sum(s => slice.ByStatus.GetValueOrDefault(s));

    public static int Bad(this IntakeSlice slice) => slice.Count(All[2].Statuses);

    public static IReadOnlyList<BarPart> Parts(this IntakeSlice slice) => [.. All.Select(g => new BarPart(g.Css, slice.Count(g.Statuses)))];

    /// <summary><c>34 recordings, 2 need attention</c>.</summary>
    public static string Words(this IntakeSlice slice) =>
        $"{Shell.Words.Plural(slice.Total, "recording")}{(slice.Bad() switch { 0 => "", 1 => ", 1 needs attention", var bad => $", {Shell.Words.Count(bad)} need attention" })}";
}

/// <param name="Label">Below the bar, short; empty where the neighbours' say enough.</param>
/// <param name="Said">All of it, for a pointer and for whoever does not see the bar.</param>
/// <param name="Parts">From the bottom up.</param>
public sealed record Bar(string Label, string Said, IReadOnlyList<BarPart> Parts)
{
    /// <summary>Where what it counts is listed.</summary>
    public string? Href { get; init; }
    public bool IsNow { get; init; }
    public int Total => Parts.Sum(p => p.Count);
}

/// <param name="Css">Class of its colour.</param>
/// <param name="Count">Its height.</param>
public sealed record BarPart(string Css, int Count);
