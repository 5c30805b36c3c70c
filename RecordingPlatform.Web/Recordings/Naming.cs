using System.Globalization;
using RecordingPlatform.Web.ApiClient;

namespace RecordingPlatform.Web.Recordings;

/// <summary>What people call a recording and where it came from.</summary>
internal static class Naming
{
    public static string Title(RecordingItem recording) =>
        NotEmpty(recording.Title) ?? (NotEmpty(recording.CallId) is { } call ? $"Call {call}" : null) ?? NotEmpty(recording.MeetingId) ?? "Untitled recording";

    /// <summary>The two that stereo has; null where sound is not kept apart.</summary>
    public static string? Channel(int channel, int? channels) => (channels, channel) switch
    {
        (null or < 2, _) => null,
        (2, 1) => "Left",
        (2, 2) => "Right",
        _ => $"Channel {channel}",
    };

    /// <summary>Who is heard on each lane of the player: a person where that is known.</summary>
    public static IReadOnlyList<string> Lanes(RecordingDetails recording)
    {
        // What plays is mono or stereo, whatever was recorded.
        if (recording.Channels is null or < 2)
            return [recording.Participants is [{ Channel: 1, Name: { } only }] ? only : "Sound"];
        return [.. Enumerable.Range(1, 2).Select(channel =>
            (recording.Channels == 2 ? string.Join(" & ", recording.Participants.Where(p => p.Channel == channel).Select(p => p.Name).OfType<string>()) : "") is { Length: > 0 } names
                ? names : Channel(channel, 2)!)];
    }

    /// <summary>What somebody was in a conversation and where they are heard.</summary>
    public static string? Part(RecordingParticipant person, int? channels)
    {
        var parts = new[] { person.Role is { Length: > 0 } role ? Shell.Words.Sentence(role) : null, person.Channel is { } channel ? Channel(channel, channels) : null }.OfType<string>().ToList();
        return parts.Count == 0 ? null : string.Join(" · ", parts);
    }

    public static string ConsentTone(string state) => state switch
    {
        "given" => "good",
        "refused" or "withdrawn" => "bad",
        _ => "quiet",
    };

    public static string Source(string? source) => source switch
    {
        null or "" => "Unknown source",
        "freepbx" => "FreePBX",
        "livekit" => "LiveKit",
        "acs" => "Azure Communication Services",
        "sftp" => "SFTP",
        _ => CultureInfo.InvariantCulture.TextInfo.ToTitleCase(source.Replace('_', ' ').Replace('-', ' ')),
    };

    public static string SourceIcon(string? source) => source switch
    {
        "upload" or "api" or "portal" or "tus" => "cloud-upload",
        "jibri" or "zoom" or "livekit" => "video",
        not null when source.Contains("video", StringComparison.Ordinal) => "video",
        "freepbx" or "twilio" or "acs" => "phone",
        not null when source.Contains("voice", StringComparison.Ordinal) || source.Contains("pbx", StringComparison.Ordinal) => "phone",
        _ => "microphone",
    };

    static string? NotEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
