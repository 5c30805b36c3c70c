using System.Globalization;
using System.Text.Json.Nodes;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.Sources;

/// <summary>A source's settings as its form holds them: all text, so that what was typed comes back as it was.</summary>
public sealed class SourceInput
{
    public static readonly string[] Fields = [nameof(Name), "Kind", nameof(TimeZone), nameof(PublicBaseUrl), nameof(MediaLocation), nameof(HostKeys), nameof(Cameras), nameof(DueAfterMinutes), nameof(SweepDays), nameof(S3ServiceUrl), nameof(S3Region)];

    public string? Name { get; set; }
    public bool Enabled { get; set; }
    public string? TimeZone { get; set; }
    public string? PublicBaseUrl { get; set; }
    public string? MediaLocation { get; set; }
    public bool NoiseReduction { get; set; }
    /// <summary>One a line, as in known_hosts.</summary>
    public string? HostKeys { get; set; }
    /// <summary>One a line: its id, a space, its address.</summary>
    public string? Cameras { get; set; }
    public string? DueAfterMinutes { get; set; }
    public string? SweepDays { get; set; }
    public string? S3ServiceUrl { get; set; }
    public string? S3Region { get; set; }

    /// <summary>As the platform sets a new source up.</summary>
    public static SourceInput Fresh(TimeZoneInfo zone) => new() { Enabled = true, TimeZone = zone.Id, DueAfterMinutes = "10", SweepDays = "3" };

    public static SourceInput Of(ConnectedSource source) => new()
    {
        Name = source.Name,
        Enabled = source.Enabled,
        TimeZone = source.TimeZone,
        PublicBaseUrl = source.PublicBaseUrl,
        MediaLocation = source.MediaLocation,
        NoiseReduction = source.NoiseReduction,
        HostKeys = string.Join('\n', source.Settings.HostKeys),
        Cameras = string.Join('\n', source.Settings.Cameras.Select(c => $"{c.Id} {c.Url}")),
        DueAfterMinutes = source.Settings.DueAfterMinutes.ToString(CultureInfo.InvariantCulture),
        SweepDays = source.Settings.SweepDays.ToString(CultureInfo.InvariantCulture),
        S3ServiceUrl = source.Settings.S3ServiceUrl,
        S3Region = source.Settings.S3Region,
    };

    /// <summary>What the form asks for; what cannot be sent is refused beside its field.</summary>
    internal JsonObject ForApi(SourceKind kind, Refusals refusals)
    {
        var change = new JsonObject { ["time_zone"] = QueryText.Given(TimeZone) ?? "UTC", ["noise_reduction"] = NoiseReduction };
        if (!kind.IsConnectable)
            return change;
        change["enabled"] = Enabled;
        change["public_base_url"] = QueryText.Given(PublicBaseUrl);
        change["media_location"] = QueryText.Given(MediaLocation);
        change["settings"] = new JsonObject
        {
            ["host_keys"] = new JsonArray([.. Lines(HostKeys).Select(l => (JsonNode)l)]),
            ["cameras"] = new JsonArray([.. Lines(Cameras).Select(line => (JsonNode?)ParseCamera(line, refusals))]),
            ["due_after_minutes"] = Number(DueAfterMinutes, nameof(DueAfterMinutes), refusals),
            ["sweep_days"] = Number(SweepDays, nameof(SweepDays), refusals),
            ["s3_service_url"] = QueryText.Given(S3ServiceUrl),
            ["s3_region"] = QueryText.Given(S3Region),
        };
        return change;
    }

    static JsonObject? ParseCamera(string line, Refusals refusals)
    {
        var parts = line.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length == 2)
            return new JsonObject { ["id"] = parts[0], ["url"] = parts[1] };
        refusals.Add(nameof(Cameras), $"“{line}” is not an id and an address: write one camera a line, such as “door rtsp://10.0.0.7/stream”.");
        return null;
    }

    static int Number(string? text, string field, Refusals refusals)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            refusals.Add(field, "Write a whole number.");
        return number;
    }

    static string[] Lines(string? text) => (text ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
