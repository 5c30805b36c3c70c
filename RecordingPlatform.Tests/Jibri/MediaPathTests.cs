using RecordingPlatform.Core.Jibri;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Tests.Jibri;

public sealed class MediaPathTests
{
    [Theory]
    [InlineData("/srv/recordings/abcd-efgh/room_2026-03-14-09-30-00.mp4", "abcd-efgh/room_2026-03-14-09-30-00.mp4")]
    [InlineData("abcd-efgh/room_2026-03-14-09-30-00.mp4", "abcd-efgh/room_2026-03-14-09-30-00.mp4")]
    [InlineData("2026/03/abcd-efgh/room_2026-03-14-09-30-00.mp4", "abcd-efgh/room_2026-03-14-09-30-00.mp4")]
    [InlineData("s3://bucket/jibri/abcd-efgh/room.mp4", "abcd-efgh/room.mp4")]
    [InlineData("room_2026-03-14-09-30-00.mp4", "room_2026-03-14-09-30-00")]
    [InlineData("abcd/two\nlines\tand a tab.mp4", "abcd/two_lines_and a tab.mp4")]
    public void Report_push_and_sweep_mean_the_same_recording(string path, string id) => Assert.Equal(id, MediaPath.ExternalIdOf(path));

    [Theory]
    [InlineData("abcd/room_2026-03-14-09-30-00.mp4", "room_2026-03-14-09-30-00")]
    [InlineData("/x/efgh/room_2026-03-14-09-30-00.m4a", "room_2026-03-14-09-30-00")]
    [InlineData("abcd/recording.mp4", "abcd/recording.mp4")]
    [InlineData("recording.mp4", "recording")]
    public void A_meeting_is_known_by_room_and_time_and_by_all_there_is_when_there_is_no_time(string path, string key) => Assert.Equal(key, MediaPath.KeyOf(path));

    [Theory]
    [InlineData("/srv/jibri", "/srv/jibri/abcd/room.mp4", "abcd/room.mp4")]
    [InlineData("/srv/jibri/", "/srv/jibri/abcd/room.mp4", "abcd/room.mp4")]
    [InlineData("/srv/jibri", "abcd/room.mp4", "abcd/room.mp4")]
    [InlineData("/", "/abcd/room.mp4", "abcd/room.mp4")]
    [InlineData("s3://media/jibri", "s3://media/jibri/abcd/room.mp4", "abcd/room.mp4")]
    [InlineData("s3://media/jibri", "abcd/room.mp4", "abcd/room.mp4")]
    [InlineData("s3://media", "s3://media/abcd/room.mp4", "abcd/room.mp4")]
    public void What_lies_below_the_location_is_found_there(string location, string reported, string path)
    {
        Assert.True(MediaPath.TryRelate(reported, Located(location), out var found, out var problem), problem);
        Assert.Equal(path, found);
    }

    [Theory]
    [InlineData("/srv/jibri", "/etc/passwd", "outside")]
    [InlineData("/srv/jibri", "/srv/jibri-other/room.mp4", "outside")]
    [InlineData("/srv/jibri", "/srv/jibri", "outside")]
    [InlineData("/srv/jibri", "/srv/jibri/../../etc/passwd", "'..'")]
    [InlineData("/srv/jibri", "../etc/passwd", "'..'")]
    [InlineData("/srv/jibri", "abcd/./room.mp4", "'.'")]
    [InlineData("/srv/jibri", "abcd//room.mp4", "empty segment")]
    [InlineData("/srv/jibri", "abcd/room\0.mp4", "zero byte")]
    [InlineData("/srv/jibri", "s3://media/abcd/room.mp4", "folder")]
    [InlineData("/srv/jibri", "file:///etc/passwd", "folder")]
    [InlineData("s3://media/jibri", "s3://other/jibri/room.mp4", "outside")]
    [InlineData("s3://media/jibri", "s3://media/other/room.mp4", "outside")]
    [InlineData("s3://media/jibri", "s3://media/jibri-other/room.mp4", "outside")]
    [InlineData("s3://media/jibri", "s3://media/jibri/../other/room.mp4", "'..'")]
    [InlineData("s3://media/jibri", "https://media/jibri/room.mp4", "outside")]
    [InlineData("s3://media/jibri", "/srv/jibri/room.mp4", "bucket")]
    public void What_leads_elsewhere_is_refused_and_the_reason_named(string location, string reported, string reason)
    {
        Assert.False(MediaPath.TryRelate(reported, Located(location), out _, out var problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
        // It stands where people look, and names of files hold names of people.
        Assert.DoesNotContain("passwd", problem, StringComparison.Ordinal);
    }

    static MediaLocation Located(string text)
    {
        Assert.True(MediaLocation.TryParse(text, out var location, out var problem), problem);
        return location;
    }
}
