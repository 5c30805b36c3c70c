namespace RecordingPlatform.Core.Recordings;

/// <summary>The word that callers see: the state, unless deletion or the first processing says otherwise.</summary>
public static class RecordingStatus
{
    public const string Receiving = "receiving";
    public const string Stored = "stored";
    public const string Processing = "processing";
    public const string Ready = "ready";
    public const string Failed = "failed";
    public const string Damaged = "damaged";
    public const string Absent = "absent";
    public const string Deleted = "deleted";

    /// <summary>Words of the systems this platform replaces.</summary>
    static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal) { ["uploaded"] = Stored, ["started"] = Receiving, ["completed"] = Ready };

    public static readonly IReadOnlyList<string> All = [Receiving, Stored, Processing, Ready, Failed, Damaged, Absent, Deleted];

    public static string Of(Recording recording) => Of(recording.State, recording.ProcessingStartedAt, recording.DeletedAt);

    public static string Of(RecordingState state, DateTimeOffset? processingStartedAt, DateTimeOffset? deletedAt) => (state, deletedAt) switch
    {
        (_, not null) => Deleted,
        (RecordingState.Receiving, _) => Receiving,
        (RecordingState.Stored, _) => processingStartedAt is null ? Stored : Processing,
        (RecordingState.Ready, _) => Ready,
        (RecordingState.Failed, _) => Failed,
        (RecordingState.Damaged, _) => Damaged,
        (RecordingState.Absent, _) => Absent,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such state."),
    };

    /// <summary>The status that a word of a filter means; null when it means none.</summary>
    public static string? Named(string word) => Aliases.GetValueOrDefault(word) ?? (All.Contains(word) ? word : null);
}
