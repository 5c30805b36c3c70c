using System.Text.Json;
using System.Text.Json.Nodes;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Core.Events;

/// <summary>An event with its number, as streams send it: the JSON of FORMAT.md, written once for all of them.</summary>
public sealed class PublicEvent
{
    const string Subject = "recording.";
    const string Progress = "recording.progress";

    public PublicEvent(long seq, EventRow row)
    {
        (Seq, Kind, RecordingId, ConversationId) = (seq, row.Kind, row.RecordingId, row.ConversationId);
        var json = new JsonObject { ["seq"] = seq, ["kind"] = row.Kind, ["at"] = row.At.UtcDateTime };
        if (RecordingId is { } recording)
            json["recording_id"] = recording;
        if (ConversationId is { } conversation)
            json["conversation_id"] = conversation;
        if (StatusOf(row.Kind) is { } status)
            json["status"] = status;
        if (JsonNode.Parse(row.Data) is JsonObject { Count: > 0 } data)
            json["data"] = data;
        Json = JsonSerializer.SerializeToUtf8Bytes(json);
    }

    public long Seq { get; }
    public string Kind { get; }
    public Guid? RecordingId { get; }
    public Guid? ConversationId { get; }

    /// <summary>One line of UTF-8.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    static string? StatusOf(string kind)
    {
        if (kind == Progress)
            return "processing";
        return kind.StartsWith(Subject, StringComparison.Ordinal) && RecordingStatus.All.Contains(kind[Subject.Length..]) ? kind[Subject.Length..] : null;
    }
}
