using System.IO.Pipelines;
using RecordingPlatform.Core.Sealing;
using static RecordingPlatform.Tests.Sealing.SealingSamples;

namespace RecordingPlatform.Tests.Sealing;

public sealed class SealedObjectReaderTests
{
    const int Length = 20 * Segment + 5;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_seek_on_a_kept_header_is_one_get_of_just_the_segments()
    {
        var sample = await Sample.CreateAsync(Length);
        using var header = await OpenedHeader.ReadAsync(sample.Stored().GetAsync, sample.Identity, sample.Dek, Length, Ct);

        var stored = sample.Stored();
        using var reader = SealedObjectReader.Open(stored.GetAsync, header);
        await AssertCopiesAsync(reader, sample, 7 * Segment + 100, 1000);
        Assert.Equal([(SealedLayout.SegmentOffset(7), (long)SealedLayout.SegmentLength)], stored.Gets);
    }

    [Fact]
    public async Task Opening_for_a_range_at_the_beginning_fetches_header_and_segments_together()
    {
        var sample = await Sample.CreateAsync(Length);
        var stored = sample.Stored();
        using var reader = await SealedObjectReader.OpenForRangeAsync(
            stored.GetAsync, sample.Identity, sample.Dek, Length, 10, Segment, Ct);
        await AssertCopiesAsync(reader, sample, 10, Segment);
        Assert.Equal([(0, SealedLayout.SegmentOffset(2))], stored.Gets);
    }

    [Fact]
    public async Task Opening_for_a_later_range_has_both_gets_under_way_at_once()
    {
        var sample = await Sample.CreateAsync(Length);
        var stored = sample.Stored();
        var bothAsked = new TaskCompletionSource();
        async Task<Stream> Get(long offset, long length, CancellationToken ct)
        {
            var stream = await stored.GetAsync(offset, length, ct);
            if (stored.Gets.Count == 2)
                bothAsked.SetResult();
            await bothAsked.Task.WaitAsync(TimeSpan.FromSeconds(30), ct);
            return stream;
        }

        using var reader = await SealedObjectReader.OpenForRangeAsync(
            Get, sample.Identity, sample.Dek, Length, 9 * Segment, 5, Ct);
        await AssertCopiesAsync(reader, sample, 9 * Segment, 5);
        Assert.Equal(2, stored.Gets.Count);
    }

    [Fact]
    public async Task What_was_fetched_ahead_does_not_serve_another_range()
    {
        var sample = await Sample.CreateAsync(Length);
        var stored = sample.Stored();
        using var reader = await SealedObjectReader.OpenForRangeAsync(stored.GetAsync, sample.Identity, sample.Dek, Length, 0, 10, Ct);
        await AssertCopiesAsync(reader, sample, 3 * Segment, 10);
        await AssertCopiesAsync(reader, sample, 0, 10);
        Assert.Equal(3, stored.Gets.Count);
    }

    [Fact]
    public async Task A_failed_opening_lets_go_of_the_stream_that_was_fetched_ahead()
    {
        var sample = await Sample.CreateAsync(Length);
        var streams = new List<Stream>();
        async Task<Stream> Get(long offset, long length, CancellationToken ct)
        {
            var stream = new MemoryStream();
            await using (var whole = await sample.Stored().GetAsync(offset, length, ct))
                await whole.CopyToAsync(stream, ct);
            stream.Position = 0;
            streams.Add(stream);
            return stream;
        }

        var foreign = sample.Identity with { OwnerId = Guid.CreateVersion7() };
        foreach (var offset in new[] { 0, 5 * Segment })
            await Assert.ThrowsAsync<SealedObjectException>(() => SealedObjectReader.OpenForRangeAsync(Get, foreign, sample.Dek, Length, offset, 5, Ct));
        Assert.Equal(3, streams.Count);
        Assert.All(streams, stream => Assert.False(stream.CanRead));
    }

    [Fact]
    public async Task A_get_ahead_that_fails_fails_the_opening()
    {
        var sample = await Sample.CreateAsync(Length);
        var stored = sample.Stored();
        Task<Stream> Get(long offset, long length, CancellationToken ct) => offset == 0
            ? stored.GetAsync(offset, length, ct)
            : Task.FromException<Stream>(new IOException("The store went away."));
        await Assert.ThrowsAsync<IOException>(() => SealedObjectReader.OpenForRangeAsync(
            Get, sample.Identity, sample.Dek, Length, 5 * Segment, 5, Ct));
    }

    [Fact]
    public async Task A_suffix_is_served_after_the_last_segment_was_verified_once_per_open()
    {
        var sample = await Sample.CreateAsync(Length);
        var stored = sample.Stored();
        using var header = await OpenedHeader.ReadAsync(stored.GetAsync, sample.Identity, sample.Dek, Length, Ct);
        Assert.False(header.LastSegmentVerified);
        using var reader = SealedObjectReader.Open(stored.GetAsync, header);
        stored.Gets.Clear();

        await reader.CopySuffixAsync(2 * Segment, Stream.Null, Ct);
        Assert.True(header.LastSegmentVerified);
        Assert.Equal([SealedLayout.SegmentOffset(20), SealedLayout.SegmentOffset(18)], stored.Gets.Select(get => get.Offset));

        using var later = SealedObjectReader.Open(stored.GetAsync, header);
        await later.CopySuffixAsync(2 * Segment, Stream.Null, Ct);
        Assert.Equal(3, stored.Gets.Count);
    }

    [Fact]
    public async Task A_suffix_within_the_last_segment_is_one_get()
    {
        var sample = await Sample.CreateAsync(Length);
        var stored = sample.Stored();
        using var reader = await sample.OpenAsync(stored);
        using var suffix = new MemoryStream();
        await reader.CopySuffixAsync(5, suffix, Ct);
        Assert.Equal(sample.Plaintext[^5..], suffix.ToArray());
        Assert.Equal(2, stored.Gets.Count);
    }

    [Fact]
    public async Task No_byte_of_a_suffix_leaves_when_the_row_does_not_know_the_true_end()
    {
        var sample = await Sample.CreateAsync(Length);
        var stored = sample.Stored();
        using var reader = await SealedObjectReader.OpenAsync(stored.GetAsync, sample.Identity, sample.Dek, Length - Segment, Ct);
        using var suffix = new MemoryStream();
        var refused = await Assert.ThrowsAsync<SealedObjectException>(() => reader.CopySuffixAsync(3 * Segment, suffix, Ct));
        Assert.Equal(SealedObjectFault.WrongEnd, refused.Fault);
        Assert.Equal(0, suffix.Length);
    }

    [Fact]
    public async Task No_byte_of_a_segment_leaves_before_its_tag_is_checked()
    {
        var sample = await Sample.CreateAsync(Length);
        sample.Sealed[SealedLayout.SegmentOffset(4) + SealedLayout.SegmentLength - 1] ^= 1; // far from the bytes asked for
        using var reader = await sample.OpenAsync(sample.Stored());

        using var destination = new MemoryStream();
        await Assert.ThrowsAsync<SealedObjectException>(() => reader.CopyRangeAsync(4 * Segment + 1, 10, destination, Ct));
        Assert.Equal(0, destination.Length);

        using var piped = new MemoryStream();
        var pipe = PipeWriter.Create(piped);
        await Assert.ThrowsAsync<SealedObjectException>(() => reader.CopyRangeAsync(4 * Segment + 1, 10, pipe, Ct));
        await pipe.CompleteAsync();
        Assert.Empty(piped.ToArray());
    }

    [Fact]
    public async Task A_damaged_segment_leaves_the_others_readable()
    {
        var sample = await Sample.CreateAsync(Length);
        sample.Sealed[SealedLayout.SegmentOffset(4) + 100] ^= 1;
        using var reader = await sample.OpenAsync(sample.Stored());
        await AssertCopiesAsync(reader, sample, 0, 4 * Segment);
        await AssertCopiesAsync(reader, sample, 5 * Segment, Length - 5 * Segment);
    }

    [Fact]
    public async Task A_store_that_fails_in_the_middle_fails_the_copy()
    {
        var sample = await Sample.CreateAsync(Length);
        var stored = new StoredObject(sample.Sealed) { FailsAfter = 17 * Segment };
        using var reader = await sample.OpenAsync(stored);
        using var destination = new MemoryStream();
        await Assert.ThrowsAsync<IOException>(() => reader.CopyRangeAsync(0, Length, destination, Ct));
        Assert.InRange(destination.Length, 1, Length - 1);
        Assert.True(sample.Plaintext.AsSpan().StartsWith(destination.ToArray()));
    }

    [Fact]
    public async Task The_next_segments_are_read_while_a_write_goes_on()
    {
        var sample = await Sample.CreateAsync(Length);
        var stored = sample.Stored();
        using var reader = await sample.OpenAsync(stored);
        var slow = new SlowStream();
        var copied = reader.CopyRangeAsync(0, Length, slow, Ct);
        Assert.Equal(SealedLayout.SealedLength(Length), stored.BytesRead);
        slow.Gate.SetResult();
        await copied;
        Assert.True(sample.Plaintext.AsSpan().SequenceEqual(slow.ToArray()));
    }

    [Fact]
    public async Task A_failed_copy_waits_for_the_write_that_still_reads_its_buffer()
    {
        var sample = await Sample.CreateAsync(Length);
        sample.Sealed[SealedLayout.SegmentOffset(17) + 100] ^= 1;
        using var reader = await sample.OpenAsync(sample.Stored());
        var slow = new SlowStream();
        var copied = reader.CopyRangeAsync(0, Length, slow, Ct);
        await Assert.ThrowsAsync<TimeoutException>(() => copied.WaitAsync(TimeSpan.FromMilliseconds(50), Ct));
        slow.Gate.SetResult();
        await Assert.ThrowsAsync<SealedObjectException>(() => copied);
        Assert.True(sample.Plaintext.AsSpan(0, 15 * Segment).SequenceEqual(slow.ToArray()));
    }

    [Fact]
    public async Task A_destination_that_fails_at_the_last_write_fails_the_copy()
    {
        var sample = await Sample.CreateAsync(10);
        using var reader = await sample.OpenAsync(sample.Stored());
        var broken = new SlowStream();
        broken.Gate.SetException(new IOException("The client went away."));
        await Assert.ThrowsAsync<IOException>(() => reader.CopyRangeAsync(0, 10, broken, Ct));
    }

    [Fact]
    public async Task A_pipe_whose_reader_is_gone_ends_the_copy()
    {
        var sample = await Sample.CreateAsync(Length);
        using var reader = await sample.OpenAsync(sample.Stored());
        var pipe = new Pipe();
        await pipe.Reader.CompleteAsync();
        await Assert.ThrowsAsync<IOException>(() => reader.CopyRangeAsync(0, Length, pipe.Writer, Ct));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, -1)]
    [InlineData(0, 11)]
    [InlineData(11, 0)]
    [InlineData(5, long.MaxValue)]
    [InlineData(long.MaxValue, 5)]
    public async Task A_range_over_the_end_is_refused(long offset, long length)
    {
        var sample = await Sample.CreateAsync(10);
        using var reader = await sample.OpenAsync(sample.Stored());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => reader.CopyRangeAsync(offset, length, Stream.Null, Ct));
    }

    /// <summary>Reads what it was given only once the gate is open.</summary>
    sealed class SlowStream : MemoryStream
    {
        public TaskCompletionSource Gate { get; } = new();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Gate.Task;
            Write(buffer.Span);
        }
    }
}
