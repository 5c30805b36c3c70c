using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Jibri;

namespace RecordingPlatform.Tests.Jibri;

public sealed class JibriReportTests
{
    static readonly DateTimeOffset Now = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_report_says_what_was_recorded_and_where_it_lies()
    {
        var report = Read(With());
        Assert.Equal(("team_alpha", "team_alpha_2026-03-14-09-30-00"), (report.MeetingId, report.RecordingName.Name));
        Assert.Equal(("abcd/team_alpha_2026-03-14-09-30-00.mp4", "abcd/team_alpha_2026-03-14-09-30-00.m4a"), (report.StoragePath, report.AudioPath));
        Assert.Equal((52_428_800L, new DateTimeOffset(2026, 3, 14, 8, 30, 0, TimeSpan.Zero)), (report.FileSizeBytes, report.RecordedAt));
        Assert.Equal(
            [new("Dr. Lindqvist", "Dr. Lindqvist"), new("u-7", "Mira"), new("sam@example.org", "Sam"), new("noname@example.org"), new("9f", "Ada")],
            report.Participants);
    }

    [Fact]
    public void What_need_not_be_said_is_left_out_and_what_is_not_known_passed_over()
    {
        var report = Read(With(("audio_path", null), ("participants", null), ("recorded_at", null), ("upload_credentials", new { token = "t" }), ("anything", (int[])[1])));
        Assert.Equal((null, null, 0), (report.AudioPath, report.RecordedAt, report.Participants.Count));
    }

    [Theory]
    [InlineData("event", "recording_started", "event_unknown")]
    [InlineData("event", null, "event_invalid")]
    [InlineData("recording_name", null, "recording_name_invalid")]
    [InlineData("recording_name", "", "recording_name_invalid")]
    [InlineData("recording_name", "abcd/room", "recording_name_invalid")]
    [InlineData("recording_name", 7, "recording_name_invalid")]
    [InlineData("storage_path", null, "storage_path_invalid")]
    [InlineData("storage_path", "abcd/room\n.mp4", "storage_path_invalid")]
    [InlineData("storage_path", "abcd/", "storage_path_invalid")]
    [InlineData("audio_path", "abcd/", "audio_path_invalid")]
    [InlineData("audio_path", "abcd/team_alpha_2026-03-14-09-30-00.mp4", "audio_path_invalid")]
    [InlineData("file_size_bytes", null, "file_size_bytes_invalid")]
    [InlineData("file_size_bytes", "52428800", "file_size_bytes_invalid")]
    [InlineData("file_size_bytes", -1, "file_size_bytes_invalid")]
    [InlineData("file_size_bytes", 1.5, "file_size_bytes_invalid")]
    [InlineData("file_size_bytes", 1L << 60, "file_size_bytes_invalid")]
    [InlineData("participants", "Mira", "participants_invalid")]
    [InlineData("recorded_at", "2026-03-14T09:30:00", "recorded_at_invalid")]
    [InlineData("recorded_at", "2026-03-16T09:30:00Z", "recorded_at_invalid")]
    public void What_is_wrong_is_named(string field, object? value, string code)
    {
        var (report, refusal) = JibriReport.Read(With((field, value)), Now);
        Assert.Null(report);
        Assert.Equal(code, refusal!.Code);
        Assert.DoesNotContain("Mira", refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_is_no_longer_than_Jibri_makes_them()
    {
        Assert.Equal("recording_name_invalid", JibriReport.Read(With(("recording_name", new string('r', 126))), Now).Refusal!.Code);
        Assert.NotNull(JibriReport.Read(With(("recording_name", new string('r', 125))), Now).Report);
    }

    [Fact]
    public void An_event_of_another_kind_is_named_but_not_at_length()
    {
        Assert.Contains("'recording_started'", JibriReport.Read(With(("event", "recording_started")), Now).Refusal!.Detail, StringComparison.Ordinal);
        Assert.InRange(JibriReport.Read(With(("event", new string('x', 500))), Now).Refusal!.Detail.Length, 1, 200);
    }

    [Fact]
    public void Credentials_are_taken_out_wherever_they_stand()
    {
        const string token = "eyJhbGciOiJIUzI1NiJ9.eyJyb29tIjoiKiJ9.c2lnbmF0dXJl";
        var kept = Encoding.UTF8.GetString(Credentials.StripCredentials(Encoding.UTF8.GetBytes($$$"""
            {"event":"recording_completed","upload_credentials":{"service_name":"dropbox","token":"hunter2-1"},"file_size_bytes":9007199254740993,
             "metadata":{"meeting_url":"https://user:hunter2-2@meet.example/room?jwt={{{token}}}#hunter2-3","Access-Token":"hunter2-4","nested":[{"clientSecret":"hunter2-5","name":"Mira"}]},
             "note":"Bearer hunter2-6abcdef and {{{token}}}","participants":["Sam",{"name":"Ada","jwt":"hunter2-7"}]}
            """)));
        Assert.DoesNotContain("hunter2", kept, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJ", kept, StringComparison.Ordinal);
        Assert.DoesNotContain("dropbox", kept, StringComparison.Ordinal);
        var read = JsonNode.Parse(kept)!;
        // Numbers stay what they are to the last digit, and so does all that opens nothing.
        Assert.Equal("9007199254740993", read["file_size_bytes"]!.ToJsonString());
        Assert.Equal("https://meet.example/room", (string)read["metadata"]!["meeting_url"]!);
        Assert.Equal(["Mira", "Sam", "Ada"], new[] { read["metadata"]!["nested"]![0]!["name"], read["participants"]![0], read["participants"]![1]!["name"] }.Select(n => (string)n!));
    }

    [Theory]
    [InlineData("rtsp://admin:hunter2@10.0.0.7:554/stream", "rtsp://10.0.0.7:554/stream")]
    [InlineData("rtsp://admin:hunter2@hunter2@10.0.0.7/stream", "rtsp://10.0.0.7/stream")]
    [InlineData("sip:201:hunter2@pbx.example", "sip:201@pbx.example")]
    [InlineData("sip:201@pbx.example:5060", "sip:201@pbx.example:5060")]
    [InlineData("+44 20 7946 0131", "+44 20 7946 0131")]
    public void An_address_keeps_where_it_leads_and_not_what_opens_it(string address, string kept) =>
        Assert.Equal(kept, (string)JsonNode.Parse(Credentials.StripCredentials(JsonSerializer.SerializeToUtf8Bytes(new { address })))!["address"]!);

    [Fact]
    public void What_is_no_text_is_not_kept()
    {
        byte[] latin = [.. "{\"name\":\"M"u8, 0xfc, .. "ller\",\"half\":\"\\ud83d\",\"from\":\"201\"}"u8];
        Assert.Equal("""{"name":"","half":"","from":"201"}""", Encoding.UTF8.GetString(Credentials.StripCredentials(latin)));
    }

    [Fact]
    public void Metadata_says_who_took_part_and_nothing_else_is_taken_from_it()
    {
        var read = MetadataFile.Read("""
            {"meeting_url":"https://meet.example/room","participants":[{"user":{"id":"9f","name":"Ada","avatar":"x"},"group":"g"},"Sam",{},7,""],
             "upload_credentials":{"service_name":"dropbox","token":"hunter2"},"extra":{"participants":["nobody"]}}
            """u8);
        Assert.Equal([new ReportedParticipant("9f", "Ada"), new("Sam", "Sam")], read.Participants);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"participants\":[\"Sam\"")]
    [InlineData("[]")]
    [InlineData("{\"participants\":{}}")]
    [InlineData("{}")]
    [InlineData("\0\0\0")]
    [InlineData("{\"participants\":[{\"name\":\"\\ud83d\"}]}")]
    public void Metadata_that_cannot_be_read_names_nobody(string json) => Assert.Empty(MetadataFile.Read(Encoding.UTF8.GetBytes(json)).Participants);

    static JibriReport Read(byte[] body)
    {
        var (report, refusal) = JibriReport.Read(body, Now);
        Assert.True(report is not null, refusal?.Detail);
        return report;
    }

    static byte[] With(params (string Name, object? Value)[] changes)
    {
        var body = JsonNode.Parse("""
            {"event":"recording_completed","recording_name":"team_alpha_2026-03-14-09-30-00.mp4","storage_path":"abcd/team_alpha_2026-03-14-09-30-00.mp4",
             "audio_path":"abcd/team_alpha_2026-03-14-09-30-00.m4a","file_size_bytes":52428800,"recorded_at":"2026-03-14T09:30:00+01:00",
             "participants":["Dr. Lindqvist",{"name":"Mira","identity":"u-7"},{"name":"Sam","email":"sam@example.org"},{"email":"noname@example.org"},{"user":{"id":"9f","name":"Ada"},"group":"g"},{"role":"x"}]}
            """)!.AsObject();
        foreach (var (name, value) in changes)
            body[name] = JsonSerializer.SerializeToNode(value);
        return Encoding.UTF8.GetBytes(body.ToJsonString());
    }
}
