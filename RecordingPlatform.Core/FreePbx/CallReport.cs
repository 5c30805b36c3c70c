using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Core.FreePbx;

public enum CallEvent { CallStarted, CallEnded, CallParked }

/// <summary>What a PBX reports of a call (PROTOCOLS, FreePBX): the call, never its media.</summary>
public sealed record CallReport
{
    public required CallEvent Event { get; init; }
    /// <summary>Of the channel.</summary>
    public required string UniqueId { get; init; }
    /// <summary>Of all channels of the call; null where the PBX says none.</summary>
    public string? LinkedId { get; init; }
    public required Direction Direction { get; init; }
    public string? From { get; init; }
    public string? To { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    /// <summary>The id of a configured camera.</summary>
    public string? Camera { get; init; }

    // Calls are reported while they last; a year off is a field that was filled wrongly.
    static readonly TimeSpan MostAhead = TimeSpan.FromDays(1);

    /// <summary>Reads a report.</summary>
    /// <param name="body">The webhook's body.</param>
    /// <param name="now">By the caller's clock: a call cannot begin tomorrow.</param>
    public static (CallReport? Report, ReportRefusal? Refusal) Read(ReadOnlyMemory<byte> body, DateTimeOffset now)
    {
        var (fields, refusal) = ReportFields.Read(body);
        if (fields is null)
            return (null, refusal);
        var name = fields.Text("event");
        if (fields.Refusal is null && EventOf(name) is null)
            return (null, new ReportRefusal("event_unknown", $"The event '{Shown(name)}' is none of call_started, call_ended, call_parked."));
        var direction = fields.Text("direction");
        if (direction is not ("inbound" or "outbound"))
            fields.Refuse<string>("direction", "is inbound or outbound.");
        var report = new CallReport
        {
            Event = EventOf(name) ?? default,
            UniqueId = fields.Text("uniqueid"),
            LinkedId = fields.OptionalText("linkedid"),
            Direction = direction == "inbound" ? Direction.Inbound : Direction.Outbound,
            From = fields.OptionalText("from"),
            To = fields.OptionalText("to"),
            StartedAt = fields.Time("started_at"),
            EndedAt = fields.OptionalTime("ended_at"),
            Camera = CameraOf(fields),
        };
        if (report.StartedAt > now + MostAhead)
            fields.Refuse<string>("started_at", "lies more than a day ahead: is the clock of the PBX right?");
        if (report.EndedAt < report.StartedAt)
            fields.Refuse<string>("ended_at", "lies before started_at.");
        return fields.Refusal is null ? (report, null) : (null, fields.Refusal);
    }

    /// <summary>The ids by which files and other reports speak of this call; the one of the whole call first.</summary>
    public IReadOnlyList<string> Keys => LinkedId is { } linked && linked != UniqueId ? [linked, UniqueId] : [UniqueId];

    public ReportedConversation Conversation(Guid sourceId) => new()
    {
        SourceId = sourceId,
        Keys = Keys,
        // A camera goes with a call that an alarm made.
        Kind = Camera is null ? ConversationKind.Call : ConversationKind.Alarm,
        Direction = Direction,
        CallerPhone = From,
        ReceiverPhone = To,
        StartedAt = StartedAt,
        EndedAt = EndedAt,
        Participants = [.. Parties()],
    };

    IEnumerable<ReportedParticipant> Parties()
    {
        if (From is { } from)
            yield return new(from, Phone: from, Role: "caller");
        if (To is { } to && to != From)
            yield return new(to, Phone: to, Role: "receiver");
    }

    static CallEvent? EventOf(string name) => name switch
    {
        "call_started" => CallEvent.CallStarted,
        "call_ended" => CallEvent.CallEnded,
        "call_parked" => CallEvent.CallParked,
        _ => null,
    };

    static string? CameraOf(ReportFields fields)
    {
        var camera = fields.OptionalText("camera");
        return camera is null || camera.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? camera
            : fields.Refuse<string>("camera", "is the id of a configured camera, not an address.");
    }

    static string Shown(string name) => name.Length <= 64 ? name : name[..64] + "…";
}
