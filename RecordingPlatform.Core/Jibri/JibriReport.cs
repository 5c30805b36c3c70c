using System.Text.Json;
using RecordingPlatform.Core.Ingest;

namespace RecordingPlatform.Core.Jibri;

/// <summary>What is reported of a recording that Jibri has finished (PROTOCOLS, Jibri): where it lies, never its media.</summary>
public sealed record JibriReport
{
    /// <summary>The one event there is.</summary>
    public const string Completed = "recording_completed";

    // Four years of video; what is larger was not measured in bytes.
    const long MostBytes = 1L << 48;

    public required RecordingName RecordingName { get; init; }

    /// <summary>As reported: relative to the source's media location, or absolute on the machine that recorded.</summary>
    public required string StoragePath { get; init; }

    /// <summary>A second file of the same meeting; null when there is none.</summary>
    public string? AudioPath { get; init; }

    /// <summary>Of the file at <see cref="StoragePath"/>.</summary>
    public required long FileSizeBytes { get; init; }

    public required IReadOnlyList<ReportedParticipant> Participants { get; init; }

    /// <summary>In UTC; null when it is not reported: then the name says it, if anything does.</summary>
    public DateTimeOffset? RecordedAt { get; init; }

    /// <summary>The room.</summary>
    public string MeetingId => RecordingName.MeetingId;

    // Recordings are reported when they are done; a day off is a field that was filled wrongly.
    static readonly TimeSpan MostAhead = TimeSpan.FromDays(1);

    /// <summary>Reads a report; what it does not know in it is passed over.</summary>
    /// <param name="body">The webhook's body.</param>
    /// <param name="now">By the caller's clock: nothing was recorded tomorrow.</param>
    public static (JibriReport? Report, ReportRefusal? Refusal) Read(ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        var (fields, refusal) = ReportFields.Read(body);
        if (fields is null)
            return (null, refusal);
        var name = fields.Text("event");
        if (fields.Refusal is null && name != Completed)
            return (null, new ReportRefusal("event_unknown", $"The event '{Shown(name)}' is not {Completed}, the only one there is."));
        var recording = fields.Text("recording_name");
        if (recording.Length > RecordingName.LongestName)
            fields.Refuse<string>("recording_name", $"has at most {RecordingName.LongestName} characters.");
        else if (recording.Contains('/', StringComparison.Ordinal))
            fields.Refuse<string>("recording_name", "is a name, not a path.");
        var report = new JibriReport
        {
            RecordingName = RecordingName.Read(recording),
            StoragePath = Path(fields, "storage_path", fields.Text("storage_path")),
            AudioPath = fields.OptionalText("audio_path") is { } audio ? Path(fields, "audio_path", audio) : null,
            FileSizeBytes = SizeOf(fields),
            RecordedAt = fields.OptionalTime("recorded_at"),
            Participants = ParticipantsOf(fields),
        };
        if (report.AudioPath == report.StoragePath)
            fields.Refuse<string>("audio_path", "is another file than storage_path; leave it out when there is one file.");
        if (report.RecordedAt > now + MostAhead)
            fields.Refuse<string>("recorded_at", "lies more than a day ahead: is the clock of the machine right?");
        return fields.Refusal is null ? (report, null) : (null, fields.Refusal);
    }

    static string Path(ReportFields fields, string name, string path)
    {
        if (path.EndsWith('/'))
            fields.Refuse<string>(name, "is the path of a file, not of a directory.");
        return path;
    }

    static long SizeOf(ReportFields fields)
    {
        var size = fields.OptionalSize("file_size_bytes");
        if (size is null)
            fields.Refuse<string>("file_size_bytes", "is required: a whole number of bytes.");
        else if (size > MostBytes)
            fields.Refuse<string>("file_size_bytes", $"is at most {MostBytes}.");
        return size ?? 0;
    }

    static IReadOnlyList<ReportedParticipant> ParticipantsOf(ReportFields fields)
    {
        if (!fields.Root.TryGetProperty("participants", out var list) || list.ValueKind is JsonValueKind.Null)
            return [];
        return JibriParticipants.Read(list) ?? fields.Refuse<IReadOnlyList<ReportedParticipant>>("participants", "is a list of texts, or of objects with name, identity or email.") ?? [];
    }

    static string Shown(string name) => name.Length <= 64 ? name : name[..64] + "…";
}
