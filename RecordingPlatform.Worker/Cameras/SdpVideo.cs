using System.Globalization;

namespace RecordingPlatform.Worker.Cameras;

/// <summary>The first picture that a session description (RFC 8866) offers. Addresses in it are not read.</summary>
sealed record SdpVideo
{
    public required int PayloadType { get; init; }
    /// <summary>As registered, in capitals: H264, H265, JPEG, MP4V-ES.</summary>
    public required string Encoding { get; init; }
    public required int ClockRate { get; init; }
    /// <summary>Of the format, by name in lower case.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }
    /// <summary>By which SETUP names it.</summary>
    public string? Control { get; init; }
    /// <summary>By which PLAY names the whole.</summary>
    public string? SessionControl { get; init; }

    /// <summary>Null when it offers no picture over RTP.</summary>
    public static SdpVideo? Read(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var session = lines.TakeWhile(line => !line.StartsWith("m=", StringComparison.Ordinal)).ToList();
        for (var at = session.Count; at < lines.Length; at++)
        {
            if (lines[at].Split(' ', StringSplitOptions.RemoveEmptyEntries) is not ["m=video", _, var transport, var format, ..]
                || !transport.StartsWith("RTP/AVP", StringComparison.Ordinal) || !int.TryParse(format, NumberStyles.None, CultureInfo.InvariantCulture, out var type))
                continue;
            var section = lines.Skip(at + 1).TakeWhile(line => !line.StartsWith("m=", StringComparison.Ordinal)).ToList();
            var (encoding, rate) = Encoded(Value(section, $"a=rtpmap:{format} "), type);
            if (encoding is not null)
            {
                return new SdpVideo
                {
                    PayloadType = type,
                    Encoding = encoding,
                    ClockRate = rate,
                    Parameters = ParametersOf(Value(section, $"a=fmtp:{format} ") ?? ""),
                    Control = Value(section, "a=control:"),
                    SessionControl = Value(session, "a=control:"),
                };
            }
        }
        return null;
    }

    // Of the types that need no mapping (RFC 3551) only JPEG is a camera's.
    static (string?, int) Encoded(string? mapping, int type) =>
        mapping?.Split('/') is [var name, var clock, ..] && int.TryParse(clock, NumberStyles.None, CultureInfo.InvariantCulture, out var rate) && rate > 0
            ? (name.ToUpperInvariant(), rate)
            : type == 26 ? ("JPEG", 90_000) : (null, 0);

    static Dictionary<string, string> ParametersOf(string text)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            // Values are base64, which may end in '='.
            if (part.Split('=', 2) is [var name, var value])
                found[name.ToLowerInvariant()] = value;
        }
        return found;
    }

    static string? Value(IEnumerable<string> lines, string prefix) =>
        lines.FirstOrDefault(line => line.StartsWith(prefix, StringComparison.Ordinal)) is { } line ? line[prefix.Length..].Trim() : null;
}
