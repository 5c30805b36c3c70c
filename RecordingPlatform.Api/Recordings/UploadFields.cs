using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Sealing;

namespace RecordingPlatform.Api.Recordings;

/// <summary>The text fields of an upload. Names are accepted in camelCase and in snake_case; unknown ones are ignored.</summary>
internal sealed class UploadFields
{
    readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    public string? FileName { get; set; }

    /// <summary>False when there are more fields than allowed.</summary>
    public bool TryAdd(string name, string value, int limit)
    {
        if (_values.Count >= limit)
            return false;
        if (value.Trim() is { Length: > 0 } said)
            _values[name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant()] = said;
        return true;
    }

    /// <summary>What is wrong with the fields, or with what they declare about the file; null when nothing is.</summary>
    public Problem? Check(SealedObjectFacts facts)
    {
        if (Value("startTime") is { } start && ParseTime(start) is null)
            return new Unprocessable("start_time_invalid", $"startTime '{start}' is no time. Send ISO 8601 with an offset, such as 2026-01-31T09:30:00Z, or Unix seconds or milliseconds.");
        if ((Value("fileSizeBytes") ?? Value("size")) is { } size && (!long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var declared) || declared != facts.PlaintextLength))
            return new Unprocessable("length_mismatch", $"The upload declares {size} bytes, {facts.PlaintextLength} arrived. Nothing was kept; send it again.");
        if (Value("sha256") is { } hash && !hash.Equals(Convert.ToHexStringLower(facts.Sha256), StringComparison.OrdinalIgnoreCase))
            return new Unprocessable("hash_mismatch", $"The upload declares SHA-256 {hash}, what arrived has {Convert.ToHexStringLower(facts.Sha256)}. Nothing was kept; send it again.");
        return null;
    }

    /// <summary>What makes two uploads the same: fields by name, the file's name, the file's SHA-256.</summary>
    public byte[] Fingerprint(ReadOnlySpan<byte> sha256)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, value) in _values.OrderBy(v => v.Key, StringComparer.Ordinal))
        {
            Add(hash, name);
            Add(hash, value);
        }
        Add(hash, FileName ?? "");
        hash.AppendData(sha256);
        return hash.GetHashAndReset();
    }

    // Its length first: two texts never run into one another.
    static void Add(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        hash.AppendData(BitConverter.GetBytes(bytes.Length));
        hash.AppendData(bytes);
    }

    public IntakeFields ToIntakeFields() => new()
    {
        CallId = Value("callId"),
        CallerPhone = Value("callerPhone"),
        ReceiverPhone = Value("receiverPhone"),
        StartedAt = Value("startTime") is { } start ? ParseTime(start) : null,
        Title = Value("title"),
        SubjectId = Value("subjectId"),
        AppointmentId = Value("appointmentId"),
        MeetingId = Value("meetingId"),
        FileName = FileName is null ? null : FileName[(FileName.LastIndexOfAny(['/', '\\']) + 1)..],
    };

    string? Value(string name) => _values.GetValueOrDefault(name.ToUpperInvariant());

    static DateTimeOffset? ParseTime(string text)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            // Seconds reach 10^11 in the year 5138, milliseconds passed it in 1973.
            return number < 100_000_000_000 ? DateTimeOffset.FromUnixTimeSeconds(number)
                : number < 253_402_300_800_000 ? DateTimeOffset.FromUnixTimeMilliseconds(number) : null;
        }
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;
    }
}
