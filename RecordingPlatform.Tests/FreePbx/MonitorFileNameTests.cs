using RecordingPlatform.Core.FreePbx;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Tests.FreePbx;

public sealed class MonitorFileNameTests
{
    [Theory]
    [InlineData("in-5551234-100-20261125-101010-1764065410.5.wav", MonitorType.In, "1764065410.5", "wav")]
    [InlineData("out-5551234-100-20261125-101010-1764065410.5.WAV", MonitorType.Out, "1764065410.5", "WAV")]
    [InlineData("internal-100-101-20261125-101010-1764065410.5.gsm", MonitorType.Internal, "1764065410.5", "gsm")]
    [InlineData("external-100-+49301234-20261125-101010-1764065410.5.mp3", MonitorType.External, "1764065410.5", "mp3")]
    [InlineData("q-800-unknown-20261125-101010-1764065410.5.ulaw", MonitorType.Queue, "1764065410.5", "ulaw")]
    [InlineData("rg-600-100-20261125-101010-1764065410.5.alaw", MonitorType.RingGroup, "1764065410.5", "alaw")]
    [InlineData("parked-100-71-20261125-101010-1764065410.5.sln", MonitorType.Parked, "1764065410.5", "sln")]
    [InlineData("generic-100-101-20261125-101010-1764065410.5.sln16", MonitorType.Generic, "1764065410.5", "sln16")]
    [InlineData("ondemand-100-101-20261125-101010-1764065410.5.g722", MonitorType.OnDemand, "1764065410.5", "g722")]
    [InlineData("exten-100-101-20261125-101010-1764065410.5.ogg", MonitorType.Extension, "1764065410.5", "ogg")]
    [InlineData("force-100-101-20261125-101010-1764065410.5.sln192", MonitorType.Force, "1764065410.5", "sln192")]
    [InlineData("group-600-101-20261125-101010-1764065410.5.wav", MonitorType.Group, "1764065410.5", "wav")]
    // Conferences and paging; the conference's recorder adds when it began.
    [InlineData("600-600-always-20261125-101010-1764065410.5.wav", MonitorType.None, "1764065410.5", "wav")]
    [InlineData("600-600-always-20261125-101010-1764065410.5-1764065412.wav", MonitorType.None, "1764065410.5", "wav")]
    [InlineData("20261125-101010-1764065410.5.wav", MonitorType.None, "1764065410.5", "wav")]
    // Parties that are empty, hold dashes, or look like what stands to their right.
    [InlineData("out---20261125-101010-1764065410.5.wav", MonitorType.Out, "1764065410.5", "wav")]
    [InlineData("in-555-12-34-100-20261125-101010-1764065410.5.wav", MonitorType.In, "1764065410.5", "wav")]
    [InlineData("in-20260101-101112-100-20261125-101010-1764065410.5.wav", MonitorType.In, "1764065410.5", "wav")]
    [InlineData("in-20260101-101112-1700000000.1-20261125-101010-1764065410.5.wav", MonitorType.In, "1764065410.5", "wav")]
    [InlineData("in-*97-#1 Anna Müller-20261125-101010-1764065410.5.wav", MonitorType.In, "1764065410.5", "wav")]
    [InlineData("in-5551234-100-20261125-101010-pbx-west-1764065410.5.wav", MonitorType.In, "pbx-west-1764065410.5", "wav")]
    public void The_unique_id_is_read_from_the_right_and_the_type_from_the_left(string name, MonitorType type, string uniqueId, string extension)
    {
        var file = Read(name);
        Assert.Equal((type, uniqueId, extension), (file.Type, file.UniqueId, file.Extension));
        Assert.Equal(new DateTime(2026, 11, 25, 10, 10, 10), file.LocalTime);
        Assert.Null(file.Leg);
        Assert.Equal(name, file.WithoutLeg);
    }

    [Fact]
    public void Two_legs_are_told_apart_and_belong_together()
    {
        var (heard, said) = (Read("in-5551234-100-20261125-101010-1764065410.5-in.wav"), Read("in-5551234-100-20261125-101010-1764065410.5-out.wav"));
        Assert.Equal((MonitorLeg.In, MonitorLeg.Out), (heard.Leg, said.Leg));
        Assert.Equal("in-5551234-100-20261125-101010-1764065410.5.wav", heard.WithoutLeg);
        Assert.Equal(heard.WithoutLeg, said.WithoutLeg);
        Assert.Equal("1764065410.5", said.UniqueId);
    }

    [Theory]
    [InlineData("", "1 to 255 bytes")]
    [InlineData("../in-1-2-20261125-101010-1764065410.5.wav", "slash")]
    [InlineData("..\\in-1-2-20261125-101010-1764065410.5.wav", "slash")]
    [InlineData("in-1-2-20261125-101010-1764065410.5\n.wav", "control")]
    [InlineData("in-1-2-20261125-101010-1764065410.5.wav\0", "control")]
    [InlineData("in-\u202Egnp-2-20261125-101010-1764065410.5.wav", "control")]
    [InlineData(".in-1-2-20261125-101010-1764065410.5.wav.Xy12", "hidden")]
    [InlineData(".in-1-2-20261125-101010-1764065410.5.wav", "hidden")]
    [InlineData("in-1-2-20261125-101010-1764065410.5.wav.part", "does not end in")]
    [InlineData("in-1-2-20261125-101010-1764065410.5.exe", "does not end in")]
    [InlineData("in-1-2-20261125-101010-1764065410.5.sln17", "does not end in")]
    [InlineData("in-1-2-20261125-101010-1764065410.5.Wav", "does not end in")]
    [InlineData("in-1-2-20261125-1764065410.5.wav", "does not end in")]
    [InlineData("in-1-2-20261325-101010-1764065410.5.wav", "does not exist")]
    [InlineData("in-1-2-20261125-246010-1764065410.5.wav", "does not exist")]
    [InlineData("in-1-2-00010101-000000-1764065410.5.wav", "does not exist")]
    [InlineData("in-1-2-20261125-101010-hello.wav", "unique id")]
    [InlineData("in-1-2-20261125-101010-17.5.wav", "unique id")]
    [InlineData("in-1-2-20261125-101010-1764065410.5-both.wav", "unique id")]
    [InlineData("in-1-2-20261125-101010-99999999999999999999.5.wav", "unique id")]
    [InlineData("notes.txt", "does not end in")]
    public void A_name_that_is_none_of_ours_is_refused_with_the_reason(string name, string reason)
    {
        Assert.False(MonitorFileName.TryParse(name, out _, out var problem));
        Assert.Contains(reason, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("1764065410", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_is_no_longer_than_a_file_system_takes()
    {
        string Name(int party) => $"in-{new string('7', party)}-20261125-101010-1764065410.5.wav";
        Assert.True(MonitorFileName.TryParse(Name(255 - Name(0).Length), out _, out _));
        Assert.False(MonitorFileName.TryParse(Name(256 - Name(0).Length), out _, out _));
    }

    [Theory]
    [InlineData("in", Direction.Inbound)]
    [InlineData("out", Direction.Outbound)]
    [InlineData("internal", Direction.Internal)]
    [InlineData("external", Direction.None)]
    [InlineData("q", Direction.None)]
    [InlineData("600", Direction.None)]
    public void Only_three_types_say_a_direction(string type, Direction direction) =>
        Assert.Equal(direction, Read($"{type}-1-2-20261125-101010-1764065410.5.wav").Direction);

    [Theory]
    [InlineData("Europe/Berlin", "20261125-101010", 1764065410, "2026-11-25T09:10:10Z")]
    [InlineData("America/New_York", "20261125-235959", 1764065410, "2026-11-26T04:59:59Z")]
    [InlineData("Asia/Kathmandu", "20261125-101010", 1764065410, "2026-11-25T04:25:10Z")]
    [InlineData("UTC", "20261125-101010", 1764065410, "2026-11-25T10:10:10Z")]
    // Put forward from 02:00 to 03:00 on 29 March 2026: a clock that was not.
    [InlineData("Europe/Berlin", "20260329-023000", 1774747800, "2026-03-29T01:30:00Z")]
    [InlineData("Europe/Berlin", "20260329-015959", 1774745999, "2026-03-29T00:59:59Z")]
    [InlineData("Europe/Berlin", "20260329-030000", 1774746000, "2026-03-29T01:00:00Z")]
    // Put back from 03:00 to 02:00 on 25 October 2026: half past two comes twice, and the channel began in one of them.
    [InlineData("Europe/Berlin", "20261025-023000", 1792888199, "2026-10-25T00:30:00Z")]
    [InlineData("Europe/Berlin", "20261025-023000", 1792891799, "2026-10-25T01:30:00Z")]
    [InlineData("Australia/Lord_Howe", "20260405-014500", 1775314800, "2026-04-04T15:15:00Z")]
    public void Local_time_becomes_one_moment(string zone, string local, long epoch, string expected) =>
        Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture),
            Read($"in-1-2-{local}-{epoch}.5.wav").StartedAt(TimeZoneInfo.FindSystemTimeZoneById(zone)));

    static MonitorFileName Read(string name) => MonitorFileName.TryParse(name, out var file, out var problem) ? file : throw new InvalidOperationException(problem);
}
