using System.Globalization;
using RecordingPlatform.Web.ApiClient;

namespace RecordingPlatform.Web.Recordings;

/// <summary>What people call a recording and where it came from.</summary>
internal static class Naming
{
    public static string Title(RecordingItem recording) =>
        NotEmpty(recording.Title) ?? (NotEmpty(recording.CallId) is { } call ? $"Call {call}" : null) ?? NotEmpty(recording.MeetingId) ?? "Untitled recording";

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
