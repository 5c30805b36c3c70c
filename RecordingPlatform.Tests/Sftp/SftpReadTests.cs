using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Worker.Sftp;

namespace RecordingPlatform.Tests.Sftp;

public sealed class SftpReadTests(SftpRig rig) : IClassFixture<SftpRig>
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(SftpWire.Chunk)]
    [InlineData(SftpWire.Chunk + 1)]
    [InlineData(9_000_001)]
    public async Task A_file_arrives_as_it_is(int length)
    {
        var path = rig.Write($"whole-{length}", length);
        await using var session = await rig.OpenAsync();

        Assert.Equal(File.ReadAllBytes(path), await SftpRig.ReadAsync(session, new SftpFile(path)));
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 10, 10)]
    [InlineData(70_000, 1, 1)]
    [InlineData(70_000, 100_000, 100_000)]
    [InlineData(299_999, 100, 1)]
    [InlineData(300_000, 100, 0)]
    [InlineData(900_000, null, 0)]
    [InlineData(123_456, null, 176_544)]
    public async Task A_part_is_what_lies_there_and_ends_where_the_file_ends(long offset, int? length, int expected)
    {
        var path = rig.Write($"part-{offset}-{length}", 300_000);
        await using var session = await rig.OpenAsync();

        var part = await SftpRig.ReadAsync(session, new SftpFile(path) { Offset = offset, Length = length });

        Assert.Equal(expected, part.Length);
        Assert.True(File.ReadAllBytes(path).AsSpan().Slice((int)Math.Min(offset, 300_000), expected).SequenceEqual(part));
    }

    [Fact]
    public async Task A_file_that_grows_while_it_is_read_is_read_to_its_end()
    {
        // Longer than the window, so that its end has not been asked for when the first bytes come.
        var path = rig.Write("growing", 8_000_000);
        await using var session = await rig.OpenAsync();
        var kept = new MemoryStream();

        var read = await session.ReadAsync(new SftpFile(path), async (bytes, ct) =>
        {
            if (kept.Length == 0)
                await File.AppendAllTextAsync(path, new string('+', 5_000_000), ct);
            await kept.WriteAsync(bytes, ct);
        }, Ct);

        Assert.Equal((13_000_000, 8_000_000L), (read.Delivered, read.Attributes.Length));
        Assert.Equal(File.ReadAllBytes(path), kept.ToArray());
    }

    [Fact]
    public async Task A_read_that_lost_its_connection_goes_on_where_it_stopped()
    {
        var path = rig.Write("cut-off", 20_000_000);
        await using var cable = new Cable(rig.Server.Port);
        var endpoint = rig.Endpoint with { Port = cable.Port };
        var kept = new MemoryStream();
        await using (var first = await rig.OpenAsync(endpoint))
        {
            cable.After(5_000_000, cable.Break);

            var failure = await Assert.ThrowsAsync<SftpException>(() => first.ReadAsync(new SftpFile(path), SftpRig.Into(kept), Ct));

            Assert.Equal(SftpFault.ConnectionLost, failure.Fault);
            Assert.InRange(kept.Length, 1, 19_999_999);
            Assert.Equal(SftpFault.ConnectionLost, (await Assert.ThrowsAsync<SftpException>(() => first.StatAsync(path, Ct))).Fault);
        }

        cable.Mend();
        await using var second = await rig.OpenAsync(endpoint);
        await second.ReadAsync(new SftpFile(path) { Offset = kept.Length }, SftpRig.Into(kept), Ct);

        Assert.Equal(File.ReadAllBytes(path), kept.ToArray());
    }

    [Fact]
    public async Task A_server_that_owes_an_answer_and_sends_nothing_is_given_up()
    {
        var path = rig.Write("stalling", 20_000_000);
        await using var cable = new Cable(rig.Server.Port);
        await using var session = await rig.OpenAsync(rig.Endpoint with { Port = cable.Port }, Impatient);
        cable.After(5_000_000, cable.Cut);

        var failure = await Assert.ThrowsAsync<SftpException>(() => session.ReadAsync(new SftpFile(path), (_, _) => default, Ct));

        Assert.Equal(SftpFault.Stalled, failure.Fault);
        Assert.Contains($"127.0.0.1:{cable.Port}", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sink_that_takes_its_time_is_not_the_servers_fault(bool blocksTheThread)
    {
        var path = rig.Write($"slow-{blocksTheThread}", 8_000_000);
        await using var session = await rig.OpenAsync(options: Impatient);
        long got = 0;

        await session.ReadAsync(new SftpFile(path), async (bytes, ct) =>
        {
            // Longer than the patience with the server, once: the length of the wait is what is tested.
            if (got == 0 && blocksTheThread)
                ct.WaitHandle.WaitOne(Impatient.StallTimeout * 2);
            else if (got == 0)
                await Task.Delay(Impatient.StallTimeout * 2, ct);
            got += bytes.Length;
        }, Ct);

        Assert.Equal(8_000_000, got);
    }

    [Fact]
    public async Task A_session_on_which_nothing_is_asked_does_not_stall()
    {
        await using var session = await rig.OpenAsync(options: Impatient);

        await Assert.ThrowsAsync<TimeoutException>(() => session.Over.WaitAsync(Impatient.StallTimeout * 2, Ct));

        Assert.NotNull(await session.StatAsync(rig.Server.Spool, Ct));
    }

    [Fact]
    public async Task What_is_read_ahead_of_a_sink_that_stands_still_is_bounded()
    {
        var path = Sparse("ahead", 200 << 20);
        await using var session = await rig.OpenAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var wire = session.Lane.Wire;

        var reading = session.ReadAsync(new SftpFile(path), (_, ct) => new ValueTask(Task.Delay(Timeout.Infinite, ct)), stop.Token);
        await Until.TrueAsync(() => Task.FromResult(wire.Slots.CurrentCount == 0 && wire.Waiting == 0), TimeSpan.FromSeconds(20), "the window is full and answered");

        var most = wire.Window * (wire.ReadSize + 13);
        Assert.InRange(wire.Received, SftpWire.Chunk, most + 4096);
        Assert.InRange(wire.Blocks, 1, most / (SftpBlock.Size / 2) + 2);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await Until.TrueAsync(() => Task.FromResult(wire.Slots.CurrentCount == wire.Window), TimeSpan.FromSeconds(20), "every slot is back");
    }

    [Fact]
    public async Task Memory_stays_flat_whatever_is_read()
    {
        var path = Sparse("large", 200 << 20);
        await using var session = await rig.OpenAsync();
        long got = 0;

        await session.ReadAsync(new SftpFile(path), (bytes, _) => { got += bytes.Length; return default; }, Ct);

        Assert.Equal(200 << 20, got);
        // Of what was asked ahead, all may have come before the first of it is handed on.
        Assert.InRange(session.Lane.Wire.Blocks, 1, (8 << 20) / SftpBlock.Size);
        Assert.Equal(session.Lane.Wire.Window, session.Lane.Wire.Slots.CurrentCount);
    }

    [Fact]
    public async Task Many_files_arrive_each_as_it_is_and_a_bad_one_spoils_no_other()
    {
        var paths = Enumerable.Range(0, 200).Select(i => rig.Write($"many/{i}", i * 977)).ToList();
        paths.Insert(50, rig.Server.At("many/absent"));
        await using var session = await rig.OpenAsync();
        var kept = paths.ToDictionary(p => p, _ => new MemoryStream(), StringComparer.Ordinal);

        var failures = await Task.WhenAll(paths.Select(p => FailureOfAsync(session, p, SftpRig.Into(kept[p]))));

        Assert.Equal(SftpFault.NoSuchFile, failures[50]?.Fault);
        Assert.Single(failures, failure => failure is not null);
        foreach (var path in paths.Where(p => p != paths[50]))
            Assert.Equal(File.ReadAllBytes(path), kept[path].ToArray());
    }

    [Fact]
    public async Task When_the_session_ends_every_file_that_is_left_says_so()
    {
        var paths = Enumerable.Range(0, 60).Select(i => rig.Write($"lost/{i}", 500_000)).ToList();
        await using var cable = new Cable(rig.Server.Port);
        await using var session = await rig.OpenAsync(rig.Endpoint with { Port = cable.Port });
        cable.After(10_000_000, cable.Break);

        var failures = new SftpException?[paths.Count];
        await Parallel.ForAsync(0, paths.Count, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (n, _) => failures[n] = await FailureOfAsync(session, paths[n], (_, _) => default));

        Assert.Contains(failures, failure => failure is null);
        Assert.Contains(failures, failure => failure is not null);
        Assert.All(failures.OfType<SftpException>(), failure => Assert.Equal(SftpFault.ConnectionLost, failure.Fault));
    }

    static async Task<SftpException?> FailureOfAsync(SftpSession session, string path, SftpSink sink)
    {
        try
        {
            await session.ReadAsync(new SftpFile(path), sink, Ct);
            return null;
        }
        catch (SftpException failure)
        {
            return failure;
        }
    }

    [Fact]
    public async Task A_large_file_from_far_away_comes_through_several_connections_as_it_is()
    {
        var path = rig.Write("far", 40_000_000);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-1));
        await using var cable = new Cable(rig.Server.Port, TimeSpan.FromMilliseconds(10));
        await using var session = await rig.OpenAsync(rig.Endpoint with { Port = cable.Port });

        Assert.Equal(File.ReadAllBytes(path), await SftpRig.ReadAsync(session, new SftpFile(path)));
        // The others are opened beside the first read; they may have come too late for it.
        var further = await Task.WhenAll(session.FurtherLanesFor(long.MaxValue));
        Assert.Equal(File.ReadAllBytes(path), await SftpRig.ReadAsync(session, new SftpFile(path)));

        Assert.Equal(1 + SftpSession.FurtherLanes, cable.Made);
        Assert.All(further, lane => Assert.InRange(lane!.Wire.Received, 5_000_000, 30_000_000));
    }

    [Fact]
    public async Task A_file_that_was_exchanged_for_another_is_not_mixed_with_it()
    {
        var path = rig.Write("exchanged", 40_000_000);
        var before = File.ReadAllBytes(path);
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(-1));
        await using var cable = new Cable(rig.Server.Port, TimeSpan.FromMilliseconds(10));
        await using var session = await rig.OpenAsync(rig.Endpoint with { Port = cable.Port });
        var kept = new MemoryStream();

        await session.ReadAsync(new SftpFile(path), async (bytes, ct) =>
        {
            if (kept.Length == 0)
            {
                // Before the others can open it: their connections take longer than this.
                File.Move(rig.Write("exchanged-by", 40_000_000), path, overwrite: true);
                await Task.WhenAll(session.FurtherLanesFor(long.MaxValue));
            }
            await kept.WriteAsync(bytes, ct);
        }, Ct);

        Assert.Equal(before, kept.ToArray());
    }

    [Fact]
    public async Task What_a_sink_throws_ends_its_read_alone()
    {
        var path = rig.Write("thrown", 3_000_000);
        await using var session = await rig.OpenAsync();

        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => session.ReadAsync(new SftpFile(path), (_, _) => throw new InvalidTimeZoneException(), Ct));

        Assert.Equal(File.ReadAllBytes(path), await SftpRig.ReadAsync(session, new SftpFile(path)));
        await Until.TrueAsync(() => Task.FromResult(session.Lane.Wire.Slots.CurrentCount == session.Lane.Wire.Window), TimeSpan.FromSeconds(20), "every slot is back");
    }

    static SftpOptions Impatient => new() { StallTimeout = TimeSpan.FromSeconds(1) };

    string Sparse(string name, long length)
    {
        var path = rig.Server.At(name);
        using var file = File.Create(path);
        file.SetLength(length);
        return path;
    }
}
