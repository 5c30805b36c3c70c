namespace RecordingPlatform.Web.Recordings;

/// <summary>How a status is shown: a word, an icon and a tone, never colour alone.</summary>
internal sealed record StatusLook(string Word, string Icon, string Tone, string Meaning)
{
    public static readonly IReadOnlyList<(string Status, StatusLook Look)> All =
    [
        ("ready", new("Ready", "check", "good", "Processed and playable.")),
        ("processing", new("Processing", "loader-2", "busy", "The waveform and a version for playback are being made.")),
        ("stored", new("Waiting", "clock", "busy", "Stored safely; processing begins as soon as a worker is free.")),
        ("receiving", new("Receiving", "download", "busy", "The recording is still arriving.")),
        ("failed", new("Failed", "alert-circle", "bad", "The recording could not be fetched or processed.")),
        ("damaged", new("Damaged", "alert-triangle", "warn", "The file is damaged. The original is kept and can be downloaded.")),
        ("absent", new("Missing", "file-unknown", "warn", "A recording was expected and none has arrived.")),
        ("deleted", new("Deleted", "trash", "quiet", "This recording was deleted.")),
    ];

    /// <summary>A status that the portal does not know yet is shown as it is.</summary>
    public static StatusLook Of(string status) => All.FirstOrDefault(s => s.Status == status).Look ?? new(status, "info-circle", "quiet", "");
}
