using System.Text.Json;

namespace RecordingPlatform.Core.Ingest;

/// <summary>Why a report is not taken: a stable code and what to do, nothing of its content but names of fields.</summary>
public sealed record ReportRefusal(string Code, string Detail);

/// <summary>Reads the fields of a report's JSON and remembers the first that is wrong.</summary>
internal sealed class ReportFields
{
    // Longer than any field that a vendor sends; what is longer was not meant for us.
    const int MostText = 1024;

    static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    readonly JsonElement _root;

    ReportFields(JsonElement root) => _root = root;

    /// <summary>What was wrong first; null while all is well.</summary>
    public ReportRefusal? Refusal { get; private set; }

    public JsonElement Root => _root;

    public static (ReportFields? Fields, ReportRefusal? Refusal) Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            return document.RootElement.ValueKind is JsonValueKind.Object
                ? (new ReportFields(document.RootElement.Clone()), null)
                : (null, new ReportRefusal("body_invalid", "The body is one JSON object."));
        }
        catch (JsonException)
        {
            return (null, new ReportRefusal("body_invalid", "The body is no JSON, or names a field twice."));
        }
    }

    /// <summary>Text that must be there and not be empty.</summary>
    public string Text(string name) => OptionalText(name) ?? Refuse<string>(name, "is required: a text that is not empty.") ?? "";

    /// <summary>Null when absent, null or blank.</summary>
    public string? OptionalText(string name)
    {
        if (!_root.TryGetProperty(name, out var value) || value.ValueKind is JsonValueKind.Null)
            return null;
        if (value.ValueKind is not JsonValueKind.String)
            return Refuse<string>(name, "is a text.");
        if (JsonText.Read(value.GetString)?.Trim() is not { } text)
            return Refuse<string>(name, "is a text in UTF-8.");
        if (text.Length > MostText)
            return Refuse<string>(name, $"has at most {MostText} characters.");
        if (text.Any(char.IsControl))
            return Refuse<string>(name, "holds no control characters.");
        return text.Length == 0 ? null : text;
    }

    /// <summary>A time with its offset, as ISO 8601 has it.</summary>
    public DateTimeOffset Time(string name) => OptionalTime(name) ?? Refuse<DateTimeOffset>(name, "is required: a time such as 2026-01-31T09:30:00Z.");

    public DateTimeOffset? OptionalTime(string name)
    {
        if (!_root.TryGetProperty(name, out var value) || value.ValueKind is JsonValueKind.Null)
            return null;
        // Without an offset nobody knows which time it is.
        if (value.ValueKind is JsonValueKind.String && value.TryGetDateTimeOffset(out var time) && HasOffset(value.GetString()!))
            return time.ToUniversalTime();
        Refuse<string>(name, "is a time with its offset, such as 2026-01-31T09:30:00Z.");
        return null;
    }

    /// <summary>A whole number from 0.</summary>
    public long? OptionalSize(string name)
    {
        if (!_root.TryGetProperty(name, out var value) || value.ValueKind is JsonValueKind.Null)
            return null;
        if (value.ValueKind is JsonValueKind.Number && value.TryGetInt64(out var size) && size >= 0)
            return size;
        Refuse<string>(name, "is a whole number of bytes.");
        return null;
    }

    public T? Refuse<T>(string name, string why)
    {
        Refusal ??= new ReportRefusal($"{name}_invalid", $"{name} {why}");
        return default;
    }

    static bool HasOffset(string text) => text.EndsWith('Z') || text.EndsWith('z') || text.LastIndexOfAny(['+', '-']) > text.IndexOf('T', StringComparison.OrdinalIgnoreCase);
}
