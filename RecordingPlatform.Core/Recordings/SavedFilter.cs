namespace RecordingPlatform.Core.Recordings;

/// <summary>What somebody narrows the list to under a name of their own; nobody else's business.</summary>
public sealed class SavedFilter
{
    public const int MaxNameLength = 60;

    /// <summary>Of one person: more tabs than that are no help.</summary>
    public const int Most = 50;

    public Guid Id { get; init; }
    public Guid UserId { get; init; }
    public required string Name { get; init; }
    /// <summary>The list's parameters as its address has them, without the question mark.</summary>
    public required string Query { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
}
