using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RecordingPlatform.Core.FreePbx;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Tests.FreePbx;

public sealed class CallReportTests
{
    static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_report_says_who_called_whom_and_when()
    {
        var report = Read(With());
        Assert.Equal((CallEvent.CallEnded, "1772366400.17", "1772366400.16", Direction.Inbound), (report.Event, report.UniqueId, report.LinkedId, report.Direction));
        Assert.Equal(("+442079460131", "201"), (report.From, report.To));
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 11, 59, 0, TimeSpan.Zero), report.StartedAt);
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 11, 59, 41, TimeSpan.Zero), report.EndedAt);
        // The whole call's id first: it names the conversation.
        Assert.Equal(["1772366400.16", "1772366400.17"], report.Keys);
    }

    [Fact]
    public void What_a_PBX_does_not_know_it_leaves_out()
    {
        var report = Read(With(("linkedid", null), ("ended_at", null), ("from", ""), ("to", null)));
        Assert.Equal((null, null, null, null), (report.LinkedId, report.EndedAt, report.From, report.To));
        Assert.Equal(["1772366400.17"], report.Keys);
        Assert.Empty(report.Conversation(Guid.CreateVersion7()).Participants);
    }

    [Fact]
    public void A_camera_makes_it_an_alarm()
    {
        Assert.Equal(ConversationKind.Alarm, Read(With(("camera", "gate-2"))).Conversation(Guid.CreateVersion7()).Kind);
        Assert.Equal(ConversationKind.Call, Read(With()).Conversation(Guid.CreateVersion7()).Kind);
    }

    [Theory]
    [InlineData("event", "call_lost", "event_unknown")]
    [InlineData("event", null, "event_invalid")]
    [InlineData("uniqueid", null, "uniqueid_invalid")]
    [InlineData("uniqueid", 17, "uniqueid_invalid")]
    [InlineData("uniqueid", "17\n18", "uniqueid_invalid")]
    [InlineData("direction", "sideways", "direction_invalid")]
    [InlineData("started_at", "2026-03-01T11:59:00", "started_at_invalid")]
    [InlineData("started_at", "yesterday", "started_at_invalid")]
    [InlineData("started_at", "2026-03-03T11:59:00Z", "started_at_invalid")]
    [InlineData("ended_at", "2026-03-01T11:58:00Z", "ended_at_invalid")]
    [InlineData("camera", "rtsp://10.0.0.1/live", "camera_invalid")]
    public void What_is_wrong_is_named(string field, object? value, string code)
    {
        var (report, refusal) = CallReport.Read(With((field, value)), Now);
        Assert.Null(report);
        Assert.Equal(code, refusal!.Code);
        Assert.DoesNotContain("10.0.0.1", refusal.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"event\":")]
    [InlineData("""{"event":"call_started","event":"call_ended"}""")]
    public void What_is_no_one_object_is_refused_whole(string body) =>
        Assert.Equal("body_invalid", CallReport.Read(Encoding.UTF8.GetBytes(body), Now).Refusal!.Code);

    [Theory]
    [InlineData("from", "J\u00fcrgen", "from_invalid")] // as ISO 8859-1 has it
    [InlineData("event", "\u00fc", "event_invalid")]
    [InlineData("from", "\\ud83d", "from_invalid")] // half an emoji
    [InlineData("started_at", "\u00fc", "started_at_invalid")]
    public void What_is_not_in_UTF_8_is_named(string field, string value, string code)
    {
        var body = Encoding.UTF8.GetString(With((field, "HERE"))).Replace("HERE", value, StringComparison.Ordinal);
        Assert.Equal(code, CallReport.Read(Encoding.Latin1.GetBytes(body), Now).Refusal!.Code);
    }

    [Fact]
    public void What_nobody_asks_for_may_be_in_any_letters() =>
        Assert.Null(CallReport.Read(Encoding.Latin1.GetBytes(Encoding.UTF8.GetString(With()).Insert(1, "\"caller \u00fc\":\"J\u00fcrgen \\ud83d\",")), Now).Refusal);

    [Fact]
    public void An_unknown_event_is_named_but_not_at_length()
    {
        var refusal = CallReport.Read(With(("event", new string('x', 500))), Now).Refusal!;
        Assert.InRange(refusal.Detail.Length, 1, 200);
        Assert.Contains("'call_lost'", CallReport.Read(With(("event", "call_lost")), Now).Refusal!.Detail, StringComparison.Ordinal);
    }

    static CallReport Read(byte[] body)
    {
        var (report, refusal) = CallReport.Read(body, Now);
        Assert.True(report is not null, refusal?.Detail);
        return report;
    }

    static byte[] With(params (string Name, object? Value)[] changes)
    {
        var body = JsonNode.Parse("""
            {"event":"call_ended","uniqueid":"1772366400.17","linkedid":"1772366400.16","direction":"inbound","from":"+442079460131","to":"201",
             "started_at":"2026-03-01T11:59:00Z","ended_at":"2026-03-01T12:59:41+01:00"}
            """)!.AsObject();
        foreach (var (name, value) in changes)
            body[name] = JsonSerializer.SerializeToNode(value);
        return Encoding.UTF8.GetBytes(body.ToJsonString());
    }
}
