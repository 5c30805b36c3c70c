using System.Text.Json;
using RecordingPlatform.Core.Ingest;

namespace RecordingPlatform.Core.Jibri;

/// <summary>
/// Who was in a meeting, as reports and metadata have it: texts, or objects with <c>name</c>, <c>identity</c> and <c>email</c>,
/// also below <c>user</c> as Jitsi's own tokens have them. What says nothing of a person is passed over.
/// </summary>
internal static class JibriParticipants
{
    // A meeting of more is a broadcast; the list is for finding a recording, not for counting.
    const int Most = 1000;
    const int LongestText = 320;

    /// <returns>Null when it is no list.</returns>
    public static IReadOnlyList<ReportedParticipant>? Read(JsonElement list) => list.ValueKind is JsonValueKind.Array
        ? [.. list.EnumerateArray().Take(Most).Select(One).OfType<ReportedParticipant>().DistinctBy(p => p.Identity, StringComparer.Ordinal)]
        : null;

    static ReportedParticipant? One(JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.String)
            return Text(value) is { } alone ? new ReportedParticipant(alone, alone) : null;
        if (value.ValueKind is not JsonValueKind.Object)
            return null;
        if (value.TryGetProperty("user", out var user) && user.ValueKind is JsonValueKind.Object)
            value = user;
        var name = First(value, "name", "display_name", "displayName");
        var identity = First(value, "identity", "email", "id") ?? name;
        return identity is null ? null : new ReportedParticipant(identity, name);
    }

    static string? First(JsonElement value, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (value.TryGetProperty(name, out var found) && Text(found) is { } text)
                return text;
        }
        return null;
    }

    static string? Text(JsonElement value)
    {
        if (value.ValueKind is not JsonValueKind.String || JsonText.Read(value.GetString) is not { } given)
            return null;
        var text = new string([.. given.Where(c => !char.IsControl(c))]).Trim();
        return text.Length is 0 or > LongestText ? null : text;
    }
}
