using RecordingPlatform.Web.Recordings;

namespace RecordingPlatform.Web.Sources;

/// <summary>What can be set up for a kind of source, and what it is for a person.</summary>
/// <param name="Name">The API's word.</param>
/// <param name="Title">What people call it.</param>
/// <param name="About">What it brings.</param>
public sealed record SourceKind(string Name, string Title, string About)
{
    /// <summary>Those that can be connected here.</summary>
    public static readonly IReadOnlyList<SourceKind> Connectable =
    [
        new("freepbx", "FreePBX or Asterisk", "Telephone calls: reported by the exchange, fetched from its monitor folder.")
        {
            HasSftp = true, HasCameras = true,
            LocationExample = "sftp://recordings@pbx.example/var/spool/asterisk/monitor",
            LocationHelp = "The exchange's monitor folder, reached by SSH, or a folder that the workers see, such as a mount.",
        },
        new("jibri", "Jibri (Jitsi)", "Meetings and sessions with video: reported by Jibri's finalize script, fetched from its folder or bucket.")
        {
            HasBucket = true,
            LocationExample = "/srv/jibri/recordings",
            LocationHelp = "A folder that the workers see, such as a mount, or s3://bucket/prefix.",
        },
    ];

    public bool HasSftp { get; init; }
    public bool HasCameras { get; init; }
    public bool HasBucket { get; init; }
    public string LocationExample { get; init; } = "";
    public string LocationHelp { get; init; } = "";

    /// <summary>It reports by webhook and its media are fetched.</summary>
    public bool IsConnectable => Connectable.Contains(this);

    /// <summary>A kind that cannot be connected here is known by its name alone.</summary>
    public static SourceKind Of(string name) => Connectable.FirstOrDefault(k => k.Name == name) ?? new(name, Naming.Source(name), "");
}
