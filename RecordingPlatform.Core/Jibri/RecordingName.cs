using System.Globalization;
using System.Text.RegularExpressions;

namespace RecordingPlatform.Core.Jibri;

/// <summary>
/// The name of a recording, <c>{room}_{yyyy-MM-dd-HH-mm-ss}</c> with or without the extension of its file. Read from the right:
/// a room's own name may hold anything, also what looks like a date.
/// </summary>
public sealed record RecordingName
{
    /// <summary>Jibri makes none longer, its extension included.</summary>
    public const int LongestName = 125;

    static readonly Regex s_shape = new(@"^(?<room>.+)_(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{2}-[0-9]{2}-[0-9]{2})\z",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline | RegexOptions.NonBacktracking);

    static readonly HashSet<string> s_extensions = new(StringComparer.OrdinalIgnoreCase)
    {
        "mp4", "m4v", "mov", "mkv", "webm", "flv", "avi", "ts", "mpg", "m4a", "mp3", "aac", "wav", "ogg", "oga", "opus", "flac",
    };

    /// <summary>Without the extension.</summary>
    public required string Name { get; init; }

    /// <summary>The room; a name that does not end in a time is one as a whole.</summary>
    public required string MeetingId { get; init; }

    /// <summary>When the recording began, by the clock of the machine that made it; null when the name does not say.</summary>
    public DateTime? LocalTime { get; init; }

    /// <param name="name">One name, not a path.</param>
    public static RecordingName Read(string name)
    {
        var bare = WithoutExtension(name);
        if (s_shape.Match(bare) is { Success: true } shape
            && DateTime.TryParseExact(shape.Groups["time"].ValueSpan, "yyyy-MM-dd-HH-mm-ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)
            && local.Year is >= 1990 and <= 9000)
        {
            return new RecordingName { Name = bare, MeetingId = shape.Groups["room"].Value, LocalTime = local };
        }
        return new RecordingName { Name = bare, MeetingId = bare };
    }

    /// <summary>Whether the name ends as a file of sound or pictures does.</summary>
    public static bool IsMedia(string fileName) => ExtensionAt(fileName) > 0;

    /// <summary>Whether it says that there is sound and nothing to see.</summary>
    public static bool IsAudio(string fileName) =>
        ExtensionAt(fileName) is > 0 and var dot && fileName[(dot + 1)..].ToLowerInvariant() is "m4a" or "mp3" or "aac" or "wav" or "ogg" or "oga" or "opus" or "flac";

    /// <summary>
    /// When the recording began. Of an hour that the zone has twice it is the first; an hour that it leaves out is read as if
    /// the clock had not been put forward.
    /// </summary>
    /// <param name="zone">Of the machine that made the name.</param>
    public DateTimeOffset? StartedAt(TimeZoneInfo zone)
    {
        if (LocalTime is not { } local)
            return null;
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max()
            // A day before the gap the old offset holds: no zone changes twice in a day.
            : zone.IsInvalidTime(local) ? zone.GetUtcOffset(local.AddDays(-1))
            : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }

    static string WithoutExtension(string name) => ExtensionAt(name) is > 0 and var dot ? name[..dot] : name;

    // A room may be called v1.2: only what is an extension of a recording is one.
    static int ExtensionAt(string name) => name.LastIndexOf('.') is > 0 and var dot && s_extensions.Contains(name[(dot + 1)..]) ? dot : -1;
}
