using System.Globalization;

namespace RecordingPlatform.Web.ApiClient;

internal sealed partial class PlatformApi
{
    /// <param name="filter">What to list.</param>
    /// <param name="pageSize">How many at most.</param>
    /// <param name="live">The page refreshes itself: nobody has asked.</param>
    /// <param name="ct">Cancels.</param>
    public Task<Answer<RecordingPage>> ListRecordingsAsync(RecordingFilter filter, int pageSize, bool live, CancellationToken ct) =>
        GetAsync<RecordingPage>(WithQuery("api/v1/recordings",
            ("q", filter.Text), ("status", filter.Status), ("source", filter.Source), ("participant", filter.Participant), ("has_video", filter.HasVideo ? "true" : null),
            ("call_id", filter.CallId), ("meeting_id", filter.MeetingId), ("subject_id", filter.SubjectId), ("ids", filter.Ids is { } ids ? string.Join(',', ids) : null),
            ("from", Instant(filter.From)), ("to", Instant(filter.Until)), ("cursor", filter.Cursor), ("before", filter.Before), ("page_size", pageSize.ToString(CultureInfo.InvariantCulture)), Live(live)), ct);

    public Task<Answer<RecordingDetails>> GetRecordingAsync(Guid id, bool live, CancellationToken ct) =>
        GetAsync<RecordingDetails>(WithQuery($"api/v1/recordings/{id}", Live(live)), ct);

    /// <summary>409 names the matter that holds the recording.</summary>
    public Task<Answer<Done>> DeleteRecordingAsync(Guid id, string reason, CancellationToken ct) =>
        SendAsync<Done>(new(HttpMethod.Delete, WithQuery($"api/v1/recordings/{id}", ("reason", reason))), ct);

    /// <summary>Passes a multipart body on as it comes. This instance sends nothing else before it: large files take their time.</summary>
    public Task<Answer<Uploaded>> UploadAsync(Stream body, string? contentType, long? length, CancellationToken ct)
    {
        http.Timeout = Timeout.InfiniteTimeSpan;
        var content = new StreamContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        content.Headers.ContentLength = length;
        return SendAsync<Uploaded>(new(HttpMethod.Post, "api/v1/recordings") { Content = content }, ct);
    }

    public Task<Answer<Waveform>> GetWaveformAsync(Guid id, CancellationToken ct) =>
        GetAsync<Waveform>($"api/v1/recordings/{id}/waveform", ct);

    /// <summary>An address on the API's public origin that plays without any header, for as long as it says.</summary>
    public Task<Answer<PlaybackUrl>> GetPlaybackUrlAsync(Guid id, string? quality, bool download, string? reason, CancellationToken ct) =>
        GetAsync<PlaybackUrl>(WithQuery($"api/v1/recordings/{id}/playback-url", ("quality", quality), ("download", download ? "true" : null), ("reason", reason)), ct);

    /// <summary>Lets the browser send one file straight to the API.</summary>
    public Task<Answer<Ticket>> CreateUploadTicketAsync(CancellationToken ct) =>
        PostAsync<Ticket>("api/v1/tickets", new { kind = "upload" }, ct);

    static (string, string?) Live(bool live) => ("live", live ? "true" : null);

    static string? Instant(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}

public sealed record RecordingFilter
{
    /// <summary>Words of the title, call, meeting or a phone number.</summary>
    public string? Text { get; init; }
    /// <summary>One of the API's status words.</summary>
    public string? Status { get; init; }
    public string? Source { get; init; }
    /// <summary>A phone number, identity or name, in full.</summary>
    public string? Participant { get; init; }
    public bool HasVideo { get; init; }
    public string? CallId { get; init; }
    public string? MeetingId { get; init; }
    public string? SubjectId { get; init; }
    /// <summary>Only these.</summary>
    public IReadOnlyList<Guid>? Ids { get; init; }
    /// <summary>Recorded at or after.</summary>
    public DateTimeOffset? From { get; init; }
    /// <summary>Recorded before.</summary>
    public DateTimeOffset? Until { get; init; }
    /// <summary>Where the page begins, as the page before gave it.</summary>
    public string? Cursor { get; init; }
    /// <summary>Where the page ends, as the page behind it gave it.</summary>
    public string? Before { get; init; }
}

public sealed record RecordingPage
{
    public required IReadOnlyList<RecordingItem> Recordings { get; init; }
    public required long Total { get; init; }
    public bool? TotalIsLowerBound { get; init; }
    public string? NextCursor { get; init; }
    /// <summary>For the page of newer ones; null on the newest.</summary>
    public string? PreviousCursor { get; init; }
}

public record RecordingItem
{
    public required Guid Id { get; init; }
    public required string Status { get; init; }
    public string? Title { get; init; }
    public string? MeetingId { get; init; }
    public string? CallId { get; init; }
    public string? Source { get; init; }
    public long? FileSizeBytes { get; init; }
    public double? DurationSeconds { get; init; }
    public int? ParticipantCount { get; init; }
    public bool HasVideo { get; init; }
    public DateTimeOffset? RecordedAt { get; init; }
    public DateTimeOffset? CreatedAt { get; init; }
    public int? RetentionDays { get; init; }
    public DateTimeOffset? RetentionExpiresAt { get; init; }
    public bool LegalHold { get; init; }
    public string? Tier { get; init; }
}

public sealed record RecordingDetails : RecordingItem
{
    public string? MimeType { get; init; }
    public string? AudioCodec { get; init; }
    public int? Channels { get; init; }
    public int? SampleRate { get; init; }
    public string? VideoCodec { get; init; }
    public int? Width { get; init; }
    public int? Height { get; init; }
    public string? CallerPhone { get; init; }
    public string? ReceiverPhone { get; init; }
    public DateTimeOffset? DeletedAt { get; init; }
    /// <summary>0 to 1 while it is being processed.</summary>
    public double? Progress { get; init; }
    public string? StateReason { get; init; }
    public string? Notes { get; init; }
    public string? ContentSha256 { get; init; }
    public double? GainDb { get; init; }
    public double? LoudnessLufs { get; init; }
    /// <summary>When the original was safely kept.</summary>
    public DateTimeOffset? StoredAt { get; init; }
    /// <summary>When what plays now was made.</summary>
    public DateTimeOffset? ProcessedAt { get; init; }
    public DateTimeOffset? HeldSince { get; init; }
    /// <summary>When a deleted recording is destroyed for good.</summary>
    public DateTimeOffset? PurgeAfter { get; init; }
    public IReadOnlyList<RecordingParticipant> Participants { get; init; } = [];
    /// <summary>Other media of the same conversation.</summary>
    public IReadOnlyList<OtherMedium> Others { get; init; } = [];
    /// <summary>Of <see cref="RecordingRight"/>.</summary>
    public IReadOnlyList<string> Permissions { get; init; } = [];
}

public sealed record RecordingParticipant
{
    public string? Name { get; init; }
    public string? Role { get; init; }
    /// <summary>Where their voice is alone, counted from 1.</summary>
    public int? Channel { get; init; }
    public IReadOnlyList<ConsentDecision> Consents { get; init; } = [];
}

public sealed record ConsentDecision
{
    public required string Purpose { get; init; }
    /// <summary>given, refused or withdrawn.</summary>
    public required string State { get; init; }
    public required DateTimeOffset DecidedAt { get; init; }
}

public sealed record OtherMedium
{
    public required Guid Id { get; init; }
    public string? Title { get; init; }
    public required string Status { get; init; }
    public bool Video { get; init; }
    public double? DurationSeconds { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }
}

/// <summary>
/// audiowaveform's JSON, version 2: <see cref="Data"/> holds a minimum and a maximum per channel for every
/// <see cref="SamplesPerPixel"/> samples, channels interleaved, in signed numbers of <see cref="Bits"/> bits.
/// </summary>
internal sealed record Waveform
{
    public required int Version { get; init; }
    public required int Channels { get; init; }
    public required int SampleRate { get; init; }
    public required int SamplesPerPixel { get; init; }
    public required int Bits { get; init; }
    public required int Length { get; init; }
    public required IReadOnlyList<int> Data { get; init; }
}

public sealed record PlaybackUrl
{
    public required Uri Url { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
}

internal sealed record Ticket
{
    [System.Text.Json.Serialization.JsonPropertyName("ticket")]
    public required string Value { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
}

public sealed record Uploaded
{
    public required Guid Id { get; init; }
}
