using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.Completeness;

/// <summary>How the state of an expectation is shown: a word, an icon and a tone, never colour alone.</summary>
internal sealed record ExpectationLook(string Word, string Icon, string Tone)
{
    public static readonly IReadOnlyList<(string State, ExpectationLook Look)> All =
    [
        ("late", new("Late", "alert-triangle", "warn")),
        ("expected", new("Expected", "clock", "busy")),
        ("received", new("Arrived", "check", "good")),
        ("absent", new("Marked absent", "file-off", "quiet")),
    ];

    public static ExpectationLook Of(string state) => All.FirstOrDefault(s => s.State == state).Look ?? new(Words.Sentence(state), "info-circle", "quiet");

    /// <summary><c>14 arrived, 2 late</c>; what there is none of is left out.</summary>
    public static string Said(ExpectationCounts counts)
    {
        var parts = new[] { (counts.Received, "arrived"), (counts.Late, "late"), (counts.Expected, "still expected"), (counts.Absent, "marked absent") }
            .Where(p => p.Item1 > 0).Select(p => $"{Words.Count(p.Item1)} {p.Item2}").ToList();
        return parts.Count == 0 ? "nothing due" : string.Join(", ", parts);
    }
}
