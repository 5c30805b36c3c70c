using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.Jobs;

/// <summary>What a kind of job was to do, in words and with an icon.</summary>
internal sealed record JobLook(string Title, string Icon)
{
    public static readonly IReadOnlyList<(string Kind, JobLook Look)> All =
    [
        ("process_recording", new("Make a recording playable", "waveform")),
        ("fail_recordings", new("Mark recordings that could not be processed", "alert-circle")),
        ("sweep_objects", new("Clear away unfinished files", "trash")),
        ("spool.fetch", new("Fetch a call's recording", "phone")),
        ("spool.sweep", new("Look for recordings of calls that nobody reported", "search")),
        ("spool.sweep_source", new("Look through an exchange for calls that nobody reported", "search")),
        ("jibri.fetch", new("Fetch a meeting's recording", "video")),
        ("jibri.sweep", new("Look for recordings of meetings that nobody reported", "search")),
        ("jibri.sweep_source", new("Look through a Jibri server for meetings that nobody reported", "search")),
        ("camera.clip", new("Record a camera during a call", "video")),
        ("camera.settle", new("Settle which camera clips will not come", "file-off")),
        ("source.watch", new("Look for the recordings that a source announced", "eye")),
        ("source.check", new("Test a source", "plug-connected")),
        ("ingest.keep", new("Store what sources reported", "archive")),
        ("expectations.late", new("Mark recordings that are late", "clock")),
        ("jobs.prune", new("Forget jobs that were done long ago", "trash")),
        ("idempotency.prune", new("Forget kept answers after their day", "trash")),
    ];

    /// <summary>A kind that the portal does not know yet is shown by its name.</summary>
    public static JobLook Of(string kind) => All.FirstOrDefault(k => k.Kind == kind).Look ?? new(Words.Sentence(kind.Replace('.', ' ')), "stack-2");
}
