using System.Security.Cryptography;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Tests.Storage;

public abstract partial class ObjectStoreConformance
{
    [Fact]
    public async Task An_object_of_32_MiB_goes_in_by_segments_and_comes_out_by_mebibytes_unchanged()
    {
        const int Segment = 65_568;
        const int Length = 32 * 1024 * 1024;
        var content = Bytes(Length);
        await using (var upload = await Store.CreateAsync(Name(), Ct))
        {
            for (var at = 0; at < Length; at += Segment)
                await upload.Content.WriteAsync(content.AsMemory(at, Math.Min(Segment, Length - at)), Ct);
            Assert.Equal(PutOutcome.Created, await upload.CommitAsync(Ct));
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using (var read = await Store.ReadAsync(Name(), 0, long.MaxValue, Ct))
        {
            var found = Assert.IsType<ObjectRead.Found>(read);
            Assert.Equal((Length, Length), (found.Length, found.ObjectLength));
            var buffer = new byte[1024 * 1024];
            while (await found.Content.ReadAsync(buffer, Ct) is > 0 and var count)
                hash.AppendData(buffer, 0, count);
        }

        Assert.Equal(SHA256.HashData(content), hash.GetHashAndReset());
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(0, 1_000, 1_000)]
    [InlineData(1, 998, 998)]
    [InlineData(999, 1, 1)]
    [InlineData(900, 200, 100)] // over the end
    [InlineData(999, long.MaxValue, 1)]
    [InlineData(0, long.MaxValue, 1_000)]
    [InlineData(1_000, 1, 0)] // at the end
    [InlineData(1_000, long.MaxValue, 0)]
    [InlineData(5_000, 10, 0)] // past the end
    [InlineData(long.MaxValue, long.MaxValue, 0)]
    [InlineData(0, 0, 0)]
    [InlineData(500, 0, 0)]
    public async Task A_range_gives_what_there_is_of_it(long offset, long length, int expected)
    {
        var content = Bytes(1_000);
        await PutAsync(Name(), content);

        await using (var read = await Store.ReadAsync(Name(), offset, length, Ct))
        {
            var found = Assert.IsType<ObjectRead.Found>(read);
            Assert.Equal((expected, 1_000), (found.Length, found.ObjectLength));
        }

        var start = (int)Math.Min(offset, 1_000);
        Assert.Equal(content[start..(start + expected)], await GetAsync(Name(), offset, length));
    }

    [Fact]
    public async Task A_range_can_be_read_without_awaiting()
    {
        var content = Bytes(1_000);
        await PutAsync(Name(), content);

        await using var read = await Store.ReadAsync(Name(), 100, 200, Ct);
        using var copy = new MemoryStream();
        var stream = Assert.IsType<ObjectRead.Found>(read).Content;
        var buffer = new byte[64];
        while (stream.Read(buffer, 0, buffer.Length) is > 0 and var count)
            copy.Write(buffer, 0, count);

        Assert.Equal(content[100..300], copy.ToArray());
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, -1)]
    public async Task A_negative_range_is_refused(long offset, long length)
    {
        await PutAsync(Name(), Bytes(10));

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.ReadAsync(Name(), offset, length, Ct));
    }

    [Fact]
    public async Task An_object_that_is_not_there_is_not_found()
    {
        await AssertAbsentAsync(Name());
        await AssertAbsentAsync(Name("no/such/folder/either"));
    }

    [Fact]
    public async Task A_read_disposed_early_leaves_the_object_readable_and_deletable()
    {
        var content = Bytes(4_000_000);
        await PutAsync(Name(), content);
        for (var i = 0; i < 20; i++)
        {
            await using var read = await Store.ReadAsync(Name(), 0, long.MaxValue, Ct);
            var stream = Assert.IsType<ObjectRead.Found>(read).Content;
            await stream.ReadExactlyAsync(new byte[10], Ct);
            await stream.DisposeAsync();
        }

        Assert.Equal(content, await GetAsync(Name()));
        Assert.True(await Store.DeleteAsync(Name(), Ct));
    }

    [Fact]
    public async Task A_cancelled_read_throws_and_gives_nothing()
    {
        await PutAsync(Name(), Bytes(1_000));
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.ReadAsync(Name(), 0, 10, cancelled));
        await using var read = await Store.ReadAsync(Name(), 0, 10, Ct);
        var stream = Assert.IsType<ObjectRead.Found>(read).Content;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream.ReadAsync(new byte[10], cancelled).AsTask());
    }

    [Fact]
    public async Task A_read_under_way_while_its_object_is_deleted_gives_every_byte_or_fails()
    {
        var content = Bytes(8_000_000);
        await PutAsync(Name(), content);
        await using var read = await Store.ReadAsync(Name(), 0, long.MaxValue, Ct);
        var stream = Assert.IsType<ObjectRead.Found>(read).Content;
        var got = new byte[content.Length];
        await stream.ReadExactlyAsync(got.AsMemory(0, 1_000), Ct);

        Assert.True(await OtherReplica.DeleteAsync(Name(), Ct));

        try
        {
            await stream.ReadExactlyAsync(got.AsMemory(1_000), Ct);
        }
        catch (IOException failure) when (failure is not EndOfStreamException)
        {
            return;
        }

        Assert.Equal(content, got);
    }

    [Fact]
    public async Task Many_ranges_are_read_at_once()
    {
        var content = Bytes(1_000_000);
        await PutAsync(Name(), content);

        await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
            Assert.Equal(content[(i * 25_000)..((i + 1) * 25_000)], await GetAsync(Name(), i * 25_000, 25_000))));
    }
}
