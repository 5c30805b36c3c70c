using RecordingPlatform.Web.ApiClient;

namespace RecordingPlatform.Web.Sources;

/// <summary>How a source is doing, in a word, an icon and a tone.</summary>
internal sealed record SourceLook(string Word, string Icon, string Tone)
{
    public static SourceLook Of(ConnectedSource source) => source switch
    {
        { Enabled: false } => new("Switched off", "ban", "quiet"),
        { RetrievalStopped: not null } => new("Stopped", "hand-stop", "bad"),
        { Refused24h: > 0 } => new("Reports refused", "alert-triangle", "warn"),
        { Missing: > 0 } => new("Recordings missing", "alert-triangle", "warn"),
        { WebhookUrl: not null, LastEventAt: null } => new("Nothing reported yet", "circle-dashed", "quiet"),
        _ => new("Working", "check", "good"),
    };

    public static SourceLook OfReport(string state) => state switch
    {
        "applied" => new("Taken in", "check", "good"),
        "received" => new("Waiting", "clock", "busy"),
        "ignored" => new("Nothing to do", "circle-dashed", "quiet"),
        "refused" => new("Refused", "alert-circle", "bad"),
        var other => new(Shell.Words.Sentence(other), "info-circle", "quiet"),
    };
}
