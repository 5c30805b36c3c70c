using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RecordingPlatform.Api.Recordings;

/// <summary>One recording of an export: the file it became, or why there is none.</summary>
internal sealed record ExportLine
{
    public required Guid RecordingId { get; init; }
    public required string CallId { get; init; }
    public string? MeetingId { get; init; }
    public string? Title { get; init; }
    public required string Source { get; init; }
    public required string Status { get; init; }
    public required DateTimeOffset RecordedAt { get; init; }
    public double? DurationSeconds { get; init; }
    /// <summary>Name in the archive; null when it was left out.</summary>
    public string? File { get; init; }
    public long? SizeBytes { get; init; }
    /// <summary>Of the original: a file that does not have it is not whole.</summary>
    public string? Sha256 { get; init; }
    /// <summary>exported, skipped or incomplete.</summary>
    public required string Outcome { get; init; }
    /// <summary>Why, when it is not exported: a code.</summary>
    public string? Reason { get; init; }
}

/// <summary>What an export holds and what it had to leave out.</summary>
internal sealed record ExportManifest
{
    static readonly JsonSerializerOptions Json = WithIndent();

    static readonly string[] Columns = ["recording_id", "call_id", "meeting_id", "title", "source", "status", "recorded_at", "duration_seconds", "file", "size_bytes", "sha256", "outcome", "reason"];

    public required Guid ExportId { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required int Exported { get; init; }
    public required int Skipped { get; init; }
    public required IReadOnlyList<ExportLine> Recordings { get; init; }

    public Task WriteJsonAsync(Stream stream, CancellationToken ct) => JsonSerializer.SerializeAsync(stream, this, Json, ct);

    /// <summary>RFC 4180, in UTF-8 with a mark, so that a spreadsheet reads names right.</summary>
    public async Task WriteCsvAsync(Stream stream, CancellationToken ct)
    {
        await using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), leaveOpen: true) { NewLine = "\r\n" };
        await writer.WriteLineAsync(string.Join(',', Columns).AsMemory(), ct);
        foreach (var line in Recordings)
        {
            string?[] fields = [$"{line.RecordingId}", line.CallId, line.MeetingId, line.Title, line.Source, line.Status, line.RecordedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                line.DurationSeconds?.ToString(CultureInfo.InvariantCulture), line.File, line.SizeBytes?.ToString(CultureInfo.InvariantCulture), line.Sha256, line.Outcome, line.Reason];
            await writer.WriteLineAsync(string.Join(',', fields.Select(Field)).AsMemory(), ct);
        }
        // Disposing would write the rest without waiting.
        await writer.FlushAsync(ct);
    }

    /// <summary>Quoted where needed; a text that a spreadsheet would take for a formula gets an apostrophe, for callers choose these words.</summary>
    internal static string Field(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        if (text[0] is '=' or '+' or '-' or '@' or '\t' or '\r')
            text = "'" + text;
        return text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }

    static JsonSerializerOptions WithIndent()
    {
        var json = new JsonSerializerOptions { WriteIndented = true };
        Http.WireJson.Configure(json);
        return json;
    }
}
