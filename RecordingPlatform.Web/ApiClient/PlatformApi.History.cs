using System.Globalization;

namespace RecordingPlatform.Web.ApiClient;

internal sealed partial class PlatformApi
{
    /// <param name="filter">What to list.</param>
    /// <param name="pageSize">How many at most.</param>
    /// <param name="live">The page refreshes itself: nobody has asked.</param>
    /// <param name="ct">Cancels.</param>
    public Task<Answer<ConversationPage>> ListConversationsAsync(ConversationFilter filter, int pageSize, bool live, CancellationToken ct) =>
        GetAsync<ConversationPage>(WithQuery("api/v1/history",
            ("from", Instant(filter.From)), ("to", Instant(filter.Until)), ("number", filter.Number), ("participant", filter.Participant), ("direction", filter.Direction), ("source", filter.Source),
            ("kind", filter.Kind), ("media", filter.Media), ("q", filter.Text), ("cursor", filter.Cursor), ("before", filter.Before), ("page_size", pageSize.ToString(CultureInfo.InvariantCulture)), Live(live)), ct);

    /// <summary>404 <c>conversation_not_found</c>.</summary>
    public Task<Answer<Conversation>> GetConversationAsync(Guid id, bool live, CancellationToken ct) =>
        GetAsync<Conversation>(WithQuery($"api/v1/conversations/{id}", Live(live)), ct);
}

internal sealed record ConversationFilter
{
    public string? Text { get; init; }
    /// <summary>A phone number as written, or its last digits.</summary>
    public string? Number { get; init; }
    /// <summary>Part of a name or identity.</summary>
    public string? Participant { get; init; }
    public string? Direction { get; init; }
    public string? Source { get; init; }
    public string? Kind { get; init; }
    /// <summary><c>audio</c>, <c>video</c> or <c>missing</c>.</summary>
    public string? Media { get; init; }
    /// <summary>Began at or after.</summary>
    public DateTimeOffset? From { get; init; }
    /// <summary>Began before.</summary>
    public DateTimeOffset? Until { get; init; }
    public string? Cursor { get; init; }
    public string? Before { get; init; }
}

internal sealed record ConversationPage
{
    public required IReadOnlyList<Conversation> Conversations { get; init; }
    public required long Total { get; init; }
    public bool? TotalIsLowerBound { get; init; }
    public string? NextCursor { get; init; }
    public string? PreviousCursor { get; init; }
}

/// <summary>A call, session, meeting or alarm, with all its media.</summary>
public sealed record Conversation
{
    public required Guid Id { get; init; }
    public required string Source { get; init; }
    public string? SourceKind { get; init; }
    public string? CallId { get; init; }
    /// <summary><c>call</c>, <c>session</c>, <c>meeting</c>, <c>alarm</c> or <c>other</c>.</summary>
    public required string Kind { get; init; }
    /// <summary><c>inbound</c>, <c>outbound</c>, <c>internal</c> or <c>none</c>.</summary>
    public required string Direction { get; init; }
    public string? Title { get; init; }
    public string? CallerPhone { get; init; }
    public string? ReceiverPhone { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public double? DurationSeconds { get; init; }
    public IReadOnlyList<ConversationParticipant> Participants { get; init; } = [];
    /// <summary>Of those the reader may see.</summary>
    public IReadOnlyList<ConversationMedium> Media { get; init; } = [];
    public IReadOnlyList<ConversationExpectation> Expectations { get; init; } = [];
    public bool LegalHold { get; init; }
}

public sealed record ConversationParticipant
{
    public string? Identity { get; init; }
    public string? DisplayName { get; init; }
    public string? Phone { get; init; }
}

public sealed record ConversationMedium
{
    public required Guid RecordingId { get; init; }
    /// <summary><c>audio</c> or <c>video</c>.</summary>
    public required string Medium { get; init; }
    public required string Status { get; init; }
    public double? DurationSeconds { get; init; }
    public bool Playable { get; init; }
    public string? StateReason { get; init; }
}

public sealed record ConversationExpectation
{
    public required Guid Id { get; init; }
    /// <summary><c>audio</c>, <c>video</c> or <c>composition</c>.</summary>
    public required string Medium { get; init; }
    /// <summary><c>expected</c>, <c>late</c>, <c>received</c> or <c>absent</c>.</summary>
    public required string State { get; init; }
    public DateTimeOffset? DueAt { get; init; }
    public string? AbsentReason { get; init; }
    public string? LastProblem { get; init; }
}
