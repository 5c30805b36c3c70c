using System.Text.Json;
using RecordingPlatform.Core.Ingest;

namespace RecordingPlatform.Core.Jibri;

/// <summary>
/// What Jibri leaves beside a recording, <c>metadata.json</c>. It may be missing or cut short, and holds whatever the one who
/// started the recording hung on it: only who took part is taken from it.
/// </summary>
public sealed record MetadataFile
{
    public const string Name = "metadata.json";

    /// <summary>More is no list of participants.</summary>
    public const int MostBytes = 1024 * 1024;

    static readonly JsonDocumentOptions Documents = new() { MaxDepth = 64 };

    public IReadOnlyList<ReportedParticipant> Participants { get; init; } = [];

    /// <returns>With nobody in it when it says nothing that can be read.</returns>
    public static MetadataFile Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Documents.MaxDepth });
            using var document = JsonDocument.ParseValue(ref reader);
            return document.RootElement.ValueKind is JsonValueKind.Object && document.RootElement.TryGetProperty("participants", out var list)
                ? new MetadataFile { Participants = JibriParticipants.Read(list) ?? [] }
                : new MetadataFile();
        }
        catch (JsonException)
        {
            return new MetadataFile();
        }
    }
}
