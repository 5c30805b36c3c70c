namespace RecordingPlatform.Web.Recordings;

/// <summary>A line of a fact sheet; without a value it is left out.</summary>
public sealed record Fact(string Name, string? Value)
{
    /// <summary>Long and exact: shown shortened, with a button that copies it.</summary>
    public bool Copies { get; init; }
}
