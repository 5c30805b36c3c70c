using System.Text.Json.Nodes;

namespace RecordingPlatform.Tests.Web;

/// <summary>Conversations, what should exist of them, and sources as the API gives them.</summary>
internal static partial class Sample
{
    public static JsonObject Conversation() => new()
    {
        ["id"] = Guid.CreateVersion7().ToString(),
        ["source"] = "freepbx",
        ["source_kind"] = "freepbx",
        ["call_id"] = "1741991400.42",
        ["kind"] = "call",
        ["direction"] = "inbound",
        ["title"] = null,
        ["caller_phone"] = "+4512345678",
        ["receiver_phone"] = "200",
        ["meeting_id"] = null,
        ["appointment_id"] = null,
        ["started_at"] = "2026-03-14T21:30:00Z",
        ["ended_at"] = "2026-03-14T21:31:00Z",
        ["duration_seconds"] = Seconds,
        ["participants"] = new JsonArray(),
        ["media"] = new JsonArray(),
        ["expectations"] = new JsonArray(),
        ["legal_hold"] = false,
    };

    public static JsonObject Participant(string name, string? phone = null) => new()
    {
        ["identity"] = null, ["display_name"] = name, ["phone"] = phone, ["role"] = "caller", ["channel"] = null,
    };

    public static JsonObject Expectation(JsonObject conversation, string state, string medium)
    {
        var of = conversation.DeepClone().AsObject();
        foreach (var name in new[] { "media", "expectations", "participants", "legal_hold", "meeting_id", "appointment_id", "duration_seconds" })
            of.Remove(name);
        return new JsonObject
        {
            ["id"] = Guid.CreateVersion7().ToString(),
            ["conversation"] = of,
            ["medium"] = medium,
            ["state"] = state,
            ["due_at"] = "2026-03-14T21:41:00Z",
            ["late_at"] = state == "late" ? "2026-03-14T21:41:00Z" : null,
            ["received_at"] = state == "received" ? "2026-03-14T21:35:00Z" : null,
            ["absent_reason"] = state == "absent" ? "The caller hung up before anybody answered." : null,
            ["last_problem"] = null,
            ["looks"] = state is "late" ? 7 : 0,
            ["looking"] = state is "late" or "expected",
            ["next_look_at"] = state is "late" or "expected" ? "2026-03-14T22:11:00Z" : null,
            ["look_until"] = state is "late" or "expected" ? "2026-03-15T21:31:00Z" : null,
            ["recording_id"] = null,
        };
    }

    public static JsonObject Source(string kind) => new()
    {
        ["id"] = Guid.CreateVersion7().ToString(),
        ["name"] = kind,
        ["kind"] = kind,
        ["enabled"] = true,
        ["time_zone"] = "Europe/Copenhagen",
        ["public_base_url"] = null,
        ["media_location"] = kind switch { "freepbx" => "sftp://recordings@pbx.example:22/var/spool/asterisk/monitor", "jibri" => "/srv/jibri", _ => null },
        ["noise_reduction"] = false,
        ["settings"] = new JsonObject { ["host_keys"] = new JsonArray(), ["cameras"] = new JsonArray(), ["due_after_minutes"] = 10, ["sweep_days"] = 3, ["s3_service_url"] = null, ["s3_region"] = null },
        ["secrets"] = new JsonObject { ["webhook_secrets"] = 0, ["ssh_private_key"] = false, ["ssh_public_key"] = null, ["s3_keys"] = false, ["camera_credentials"] = new JsonArray() },
        ["webhook_url"] = kind is "upload" ? null : $"https://recordings.example/webhooks/{kind}",
        ["last_event_at"] = kind is "upload" ? null : "2026-03-14T21:31:02Z",
        ["events_24h"] = kind is "upload" ? 0 : 214,
        ["refused_24h"] = 0,
        ["missing"] = 0,
        ["retrieval_stopped"] = null,
        ["created_at"] = "2026-01-02T08:00:00Z",
        ["updated_at"] = "2026-01-02T08:00:00Z",
    };
}
