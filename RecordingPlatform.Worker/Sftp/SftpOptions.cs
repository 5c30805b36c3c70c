using System.ComponentModel.DataAnnotations;

namespace RecordingPlatform.Worker.Sftp;

/// <summary>How recordings are fetched over SFTP. Section <c>Sftp</c>.</summary>
sealed class SftpOptions
{
    public const string Section = "Sftp";

    /// <summary>OpenSSH's client: a path, or a name that is looked up in PATH.</summary>
    [Required]
    public string Ssh { get; set; } = "ssh";

    /// <summary>From the first packet to a session that stands.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a server may send nothing while it owes an answer. OpenSSH's keepalives notice a dead network in 45 s; this notices also a dead disk behind a live one.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a session that nobody uses is kept for the next.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "24:00:00")]
    public TimeSpan KeepIdle { get; set; } = TimeSpan.FromMinutes(5);
}
