using System.Text.Json;
using System.Text.Json.Serialization;

namespace RecordingPlatform.Core.Sources;

/// <summary>One press of the test button: asked for, then filled by a worker.</summary>
public sealed class SourceCheck
{
    public Guid Id { get; init; }
    public Guid SourceId { get; init; }
    public Guid? RequestedBy { get; init; }
    public DateTimeOffset RequestedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; set; }
    /// <summary>JSON array of <see cref="SourceFinding"/>.</summary>
    public string Findings { get; set; } = "[]";
}

public enum SourceSubject { Signature, Clock, Connection, HostKey, SignIn, Permission, Path, Media, Camera, Settings }

/// <summary>What one part of a test found.</summary>
public sealed record SourceFinding
{
    public required SourceSubject Subject { get; init; }
    public required bool Ok { get; init; }
    /// <summary>A sentence for an administrator: what is so, and when it is wrong, what to do.</summary>
    public required string Message { get; init; }

    static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    public static IReadOnlyList<SourceFinding> Read(string json) => JsonSerializer.Deserialize<List<SourceFinding>>(json, Json) ?? [];

    public static string Write(IReadOnlyList<SourceFinding> findings) => JsonSerializer.Serialize(findings, Json);
}
