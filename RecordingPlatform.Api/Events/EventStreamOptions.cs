using System.ComponentModel.DataAnnotations;

namespace RecordingPlatform.Api.Events;

/// <summary>Section <c>Events</c>.</summary>
internal sealed record EventStreamOptions
{
    public const string Section = "Events";

    /// <summary>The longest silence of a stream, within which the end of a session shows too: shorter than proxies wait.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:30")]
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long one write may wait for a client that does not read.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(15);
}
