using RecordingPlatform.Worker.Sftp;
using static RecordingPlatform.Tests.Sftp.ScriptedServer;

namespace RecordingPlatform.Tests.Sftp;

public sealed class SftpProtocolTests(SftpRig rig) : IClassFixture<SftpRig>
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A file of one mode word and a length, as attributes.</summary>
    static byte[] Attributes(ulong length) => [.. Number(5), .. Number((uint)(length >> 32)), .. Number((uint)length), .. Number(0x81A4)];

    public static TheoryData<string, byte[]> Beginnings => new()
    {
        { "text", "Welcome to the PBX!\n"u8.ToArray() },
        { "another version", Version(2) },
        { "a packet that is no version", Packet(101, Number(0), Number(0)) },
        { "a packet of length 0", Number(0) },
        { "a packet without a number", Packet(2) },
        { "an extension without end", Packet(2, Number(3), Number(uint.MaxValue)) },
    };

    [Theory]
    [MemberData(nameof(Beginnings))]
    public async Task What_does_not_begin_like_SFTP_is_no_session(string what, byte[] bytes)
    {
        using var server = new ScriptedServer(bytes);

        var failure = await Assert.ThrowsAsync<SftpException>(() => rig.OpenAsync(options: server.Options));

        Assert.True(failure.Fault == SftpFault.ProtocolViolated, $"{what}: {failure.Message}");
    }

    public static TheoryData<string, byte[]> AnswersToStat => new()
    {
        { "a packet over every limit", [.. Number(uint.MaxValue), 105] },
        { "a packet just over the limit", [.. Number(SftpWire.LargestPacket), 105] },
        { "an unknown request", Packet(105, Number(7), Attributes(1)) },
        { "a name for attributes", Packet(104, Number(0), Number(0)) },
        { "a packet type that does not exist", Packet(250, Number(0)) },
        { "success without attributes", Packet(101, Number(0), Number(0)) },
        { "attributes that end early", Packet(105, Number(0), Number(0xF), Number(0)) },
        { "unknown flags", Packet(105, Number(0), Number(0x40)) },
        { "a length below zero", Packet(105, Number(0), Attributes(ulong.MaxValue)) },
        { "extended attributes without end", Packet(105, Number(0), Number(0x80000000), Number(uint.MaxValue)) },
        { "a status without a code", Packet(101, Number(0)) },
    };

    [Theory]
    [MemberData(nameof(AnswersToStat))]
    public async Task What_is_not_the_answer_ends_the_session(string what, byte[] bytes)
    {
        using var server = new ScriptedServer(Version(), bytes);
        await using var session = await rig.OpenAsync(options: server.Options);

        await ViolatesAsync(session, what, () => session.StatAsync("/x", Ct));
    }

    public static TheoryData<string, byte[]> AnswersToList => new()
    {
        { "more names than fit", Packet(104, Number(1), Number(uint.MaxValue)) },
        { "more names than there are", Packet(104, Number(1), Number(2), Text((byte)'a'), Text(), Number(0), Number(0), Number(0)) },
        { "a name longer than its packet", Packet(104, Number(1), Number(1), Number(0x7FFFFFFF), new byte[20]) },
    };

    [Theory]
    [MemberData(nameof(AnswersToList))]
    public async Task Counts_and_lengths_of_names_are_not_believed(string what, byte[] bytes)
    {
        using var server = new ScriptedServer(Version(), Packet(102, Number(0), Text(1)), bytes);
        await using var session = await rig.OpenAsync(options: server.Options);

        await ViolatesAsync(session, what, async () => await session.ListAsync("/x", Ct).CountAsync(Ct));
    }

    [Fact]
    public async Task A_name_with_a_slash_in_it_is_no_name()
    {
        byte[] names = Packet(104, Number(1), Number(2),
            Text("../etc/passwd"u8.ToArray()), Text(), Number(0), Text("good"u8.ToArray()), Text(), Number(0));
        using var server = new ScriptedServer(Version(), Packet(102, Number(0), Text(1)), names, Packet(101, Number(2), Number(1)));
        await using var session = await rig.OpenAsync(options: server.Options);

        Assert.Equal([null, "good"], await session.ListAsync("/x", Ct).Select(e => e.Name).ToListAsync(Ct));
    }

    public static TheoryData<string, byte[]> AnswersToOpen => new()
    {
        { "a handle without end", Packet(102, Number(1), Number(uint.MaxValue)) },
        { "a handle over 256 bytes", Packet(102, Number(1), Text(new byte[257])) },
        { "success without a handle", Packet(101, Number(1), Number(0)) },
        { "data for an open", Packet(103, Number(1), Text(1)) },
    };

    [Theory]
    [MemberData(nameof(AnswersToOpen))]
    public async Task Only_a_handle_opens(string what, byte[] bytes)
    {
        using var server = new ScriptedServer(Version(), Packet(105, Number(0), Attributes(5)), bytes);
        await using var session = await rig.OpenAsync(options: server.Options);

        await ViolatesAsync(session, what, () => SftpRig.ReadAsync(session, new SftpFile("/x")));
    }

    public static TheoryData<string, byte[]> AnswersToRead => new()
    {
        { "more than was asked for", Packet(103, Number(3), Text(new byte[6])) },
        { "nothing", Packet(103, Number(3), Text()) },
        { "a length beyond the packet", Packet(103, Number(3), Number(5), [1]) },
        { "success without data", Packet(101, Number(3), Number(0)) },
    };

    [Theory]
    [MemberData(nameof(AnswersToRead))]
    public async Task Data_is_between_one_byte_and_what_was_asked_for(string what, byte[] bytes)
    {
        using var server = new ScriptedServer(Version(), Packet(105, Number(0), Attributes(5)), Packet(102, Number(1), Text(1)), Packet(105, Number(2), Attributes(5)), bytes);
        await using var session = await rig.OpenAsync(options: server.Options);

        await ViolatesAsync(session, what, () => SftpRig.ReadAsync(session, new SftpFile("/x")));
    }

    [Fact]
    public async Task A_server_that_gives_less_at_a_time_is_asked_for_the_rest()
    {
        using var server = new ScriptedServer(Version(),
            Packet(105, Number(0), Attributes(5)), Packet(102, Number(1), Text(1)), Packet(105, Number(2), Attributes(5)),
            Packet(103, Number(3), Text(1, 2)), // of five
            Packet(101, Number(4), Number(1)), // the end, asked for ahead
            Packet(103, Number(5), Text(3, 4)), Packet(103, Number(6), Text(5)));
        await using var session = await rig.OpenAsync(options: server.Options);

        Assert.Equal([1, 2, 3, 4, 5], await SftpRig.ReadAsync(session, new SftpFile("/x")));
    }

    [Theory]
    [InlineData(261120, 128 << 10)]
    [InlineData(128 << 10, 128 << 10)]
    [InlineData(100_000, 64 << 10)]
    [InlineData(1, 32 << 10)]
    [InlineData(0, 32 << 10)]
    public async Task A_server_is_asked_for_as_much_at_once_as_it_says_and_the_window_stays_what_it_is(uint most, int expected)
    {
        var version = Packet(2, Number(3), Text("limits@openssh.com"u8.ToArray()), Text((byte)'1'));
        using var server = new ScriptedServer(version,
            Packet(201, Number(0), Number(0), Number(262144), Number(0), Number(most), Number(0), Number(0), Number(0), Number(0)), Packet(105, Number(1), Attributes(5)));
        await using var session = await rig.OpenAsync(options: server.Options);

        Assert.NotNull(await session.StatAsync("/x", Ct));

        var wire = session.Lane.Wire;
        Assert.Equal((expected, 3 << 20), (wire.ReadSize, wire.ReadSize * wire.Slots.CurrentCount));
    }

    static async Task ViolatesAsync(SftpSession session, string what, Func<Task> act)
    {
        var failure = await Assert.ThrowsAsync<SftpException>(act);
        Assert.True(failure.Fault == SftpFault.ProtocolViolated, $"{what}: {failure.Fault} {failure.Message}");
        await session.Over.WaitAsync(TimeSpan.FromSeconds(20), Ct);
        Assert.Equal(SftpFault.ProtocolViolated, (await Assert.ThrowsAsync<SftpException>(() => session.StatAsync("/x", Ct))).Fault);
    }
}
