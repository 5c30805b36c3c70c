using RecordingPlatform.Core.Jibri;

namespace RecordingPlatform.Tests.Jibri;

public sealed class RecordingNameTests
{
    [Theory]
    [InlineData("supervision_2026-03-14-09-30-00.mp4", "supervision", "2026-03-14 09:30:00")]
    [InlineData("supervision_2026-03-14-09-30-00", "supervision", "2026-03-14 09:30:00")]
    [InlineData("team_alpha_weekly_2026-03-14-09-30-00.MP4", "team_alpha_weekly", "2026-03-14 09:30:00")]
    [InlineData("room_2020-01-01-00-00-00_2026-03-14-09-30-00.webm", "room_2020-01-01-00-00-00", "2026-03-14 09:30:00")]
    [InlineData("v1.2_2026-03-14-09-30-00", "v1.2", "2026-03-14 09:30:00")]
    [InlineData("-rf 'x' \"y\"\nz_2026-03-14-09-30-00.mp4", "-rf 'x' \"y\"\nz", "2026-03-14 09:30:00")]
    // No time at the end, or none that exists: all of it is the meeting's id.
    [InlineData("supervision.mp4", "supervision", null)]
    [InlineData("team_alpha", "team_alpha", null)]
    [InlineData("v1.2", "v1.2", null)]
    [InlineData("room_2026-13-14-09-30-00.mp4", "room_2026-13-14-09-30-00", null)]
    [InlineData("room_2026-02-30-09-30-00.mp4", "room_2026-02-30-09-30-00", null)]
    [InlineData("room_2026-03-14-24-30-00.mp4", "room_2026-03-14-24-30-00", null)]
    [InlineData("room_2026-03-14-09-30-00_part2.mp4", "room_2026-03-14-09-30-00_part2", null)]
    [InlineData("room-2026-03-14-09-30-00.mp4", "room-2026-03-14-09-30-00", null)]
    [InlineData("_2026-03-14-09-30-00.mp4", "_2026-03-14-09-30-00", null)]
    [InlineData("room_2026-03-14-09-30-00\n", "room_2026-03-14-09-30-00\n", null)]
    [InlineData("room_２026-03-14-09-30-00", "room_２026-03-14-09-30-00", null)]
    [InlineData(".mp4", ".mp4", null)]
    public void The_time_is_cut_from_the_right_and_the_rest_is_the_room(string name, string room, string? local)
    {
        var read = RecordingName.Read(name);
        Assert.Equal((room, local), (read.MeetingId, read.LocalTime?.ToString("yyyy-MM-dd HH:mm:ss", null)));
    }

    [Theory]
    [InlineData("Europe/Berlin", "2026-07-14-09-30-00", "2026-07-14T07:30:00Z")]
    [InlineData("Europe/Berlin", "2026-12-14-09-30-00", "2026-12-14T08:30:00Z")]
    [InlineData("UTC", "2026-12-14-09-30-00", "2026-12-14T09:30:00Z")]
    [InlineData("Asia/Kolkata", "2026-12-14-00-10-00", "2026-12-13T18:40:00Z")]
    // The hour that Berlin has twice: the first. The hour that it leaves out: as if the clock had stayed.
    [InlineData("Europe/Berlin", "2026-10-25-02-30-00", "2026-10-25T00:30:00Z")]
    [InlineData("Europe/Berlin", "2026-03-29-02-30-00", "2026-03-29T01:30:00Z")]
    [InlineData("America/New_York", "2026-11-01-01-30-00", "2026-11-01T05:30:00Z")]
    public void A_local_time_is_read_in_the_zone_of_its_source(string zone, string local, string utc) =>
        Assert.Equal(DateTimeOffset.Parse(utc, null), RecordingName.Read($"room_{local}.mp4").StartedAt(TimeZoneInfo.FindSystemTimeZoneById(zone)));

    [Fact]
    public void A_name_without_a_time_says_no_time() => Assert.Null(RecordingName.Read("room.mp4").StartedAt(TimeZoneInfo.Utc));

    [Fact]
    public void Any_room_and_time_are_read_back_as_they_were_written()
    {
        var random = new Random(47);
        const string signs = "abcXYZ019_-. '\"\\\n%é漢";
        for (var i = 0; i < 2000; i++)
        {
            var room = string.Concat(Enumerable.Range(0, random.Next(1, 60)).Select(_ => signs[random.Next(signs.Length)]));
            var time = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Unspecified).AddSeconds(random.Next(400_000_000));
            var read = RecordingName.Read($"{room}_{time:yyyy-MM-dd-HH-mm-ss}.mp4");
            Assert.Equal((room, time), (read.MeetingId, read.LocalTime));
        }
    }
}
