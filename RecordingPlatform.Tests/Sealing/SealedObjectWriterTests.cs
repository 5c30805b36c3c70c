using System.Buffers.Binary;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using RecordingPlatform.Core.Sealing;
using static RecordingPlatform.Tests.Sealing.SealingSamples;

namespace RecordingPlatform.Tests.Sealing;

public sealed class SealedObjectWriterTests
{
    static readonly byte[] Dek = RandomNumberGenerator.GetBytes(32);
    static readonly SealedObjectIdentity Identity = NewIdentity();

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void However_the_plaintext_arrives_the_object_is_the_same()
    {
        var plaintext = Plaintext(40 * Segment + 3);
        var gen =
            from length in Gen.OneOf(Gen.Choose(0, plaintext.Length), Gen.Choose(0, 40).Select(segments => segments * Segment))
            from piece in Gen.Elements(1000, Segment - 1, Segment, Segment + 1, 7 * Segment, 8 * Segment, 40 * Segment)
            select (length, piece);
        Prop.ForAll(gen.ToArbitrary(), async (given) =>
        {
            var (length, piece) = given;
            var whole = await WrittenAsync(writer => writer.WriteAsync(plaintext.AsMemory(0, length), Ct).AsTask());
            var pieces = await WrittenAsync(async writer =>
            {
                for (var at = 0; at < length; at += piece)
                    await writer.WriteAsync(plaintext.AsMemory(at, Math.Min(piece, length - at)), Ct);
            });
            var streamed = await WrittenAsync(writer => writer.CopyFromAsync(new MemoryStream(plaintext, 0, length), Ct));
            var filled = await WrittenAsync(async writer =>
            {
                for (int at = 0, taken; at < length; at += taken)
                {
                    var room = await writer.GetMemoryAsync(Ct);
                    taken = Math.Min(Math.Min(piece, room.Length), length - at);
                    plaintext.AsSpan(at, taken).CopyTo(room.Span);
                    writer.Advance(taken);
                }
            });
            Assert.Equal(whole, pieces);
            Assert.Equal(whole, streamed);
            Assert.Equal(whole, filled);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithQuietOnSuccess(true));

        static async Task<string> WrittenAsync(Func<SealedObjectWriter, Task> write)
        {
            using var destination = new MemoryStream();
            await using var writer = SealedObjectWriter.Create(destination, Identity, Dek, Nonces("the same"));
            await write(writer);
            var facts = await writer.CompleteAsync(Ct);
            Assert.Equal(destination.Length, facts.SealedLength);
            Assert.Equal(SealedLayout.SealedLength(facts.PlaintextLength), facts.SealedLength);
            Assert.Equal(SealedLayout.Segments(facts.PlaintextLength), facts.Segments);
            return $"{facts.PlaintextLength} {Convert.ToHexString(facts.Sha256)} {Convert.ToHexString(SHA256.HashData(destination.ToArray()))}";
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(31)]
    public async Task The_youngest_segment_is_held_back_so_that_a_full_one_can_be_the_last(int segments)
    {
        var recorded = new RecordingStream();
        await using var writer = SealedObjectWriter.Create(recorded, Identity, Dek);
        using var source = new MemoryStream(Plaintext(segments * Segment));
        await writer.CopyFromAsync(source, Ct);
        Assert.True(recorded.Total <= SealedLayout.SegmentOffset(segments - 1), $"{recorded.Total} bytes left early.");

        var facts = await writer.CompleteAsync(Ct);
        Assert.Equal(segments, facts.Segments);
        var written = recorded.ToArray();
        for (var i = 0; i < segments; i++)
        {
            var marker = BinaryPrimitives.ReadUInt32BigEndian(written.AsSpan((int)SealedLayout.SegmentOffset(i)));
            Assert.Equal(i == segments - 1 ? SealedLayout.SegmentLength : uint.MaxValue, marker);
        }
    }

    [Fact]
    public async Task A_fast_producer_makes_writes_of_about_512_KiB()
    {
        var recorded = new RecordingStream();
        await using var writer = SealedObjectWriter.Create(recorded, Identity, Dek);
        var piece = new byte[8192];
        for (var i = 0; i < 2000; i++)
            await writer.WriteAsync(piece, Ct);
        await writer.CompleteAsync(Ct);
        Assert.All(recorded.Writes.SkipLast(1), write => Assert.InRange(write, 7 * 65_568, 1 << 19));
        Assert.Equal(36, recorded.Writes.Count);
    }

    [Fact]
    public async Task The_hash_is_right_though_it_lags_behind_a_fast_destination()
    {
        var plaintext = RandomNumberGenerator.GetBytes(64 << 20);
        await using var writer = SealedObjectWriter.Create(Stream.Null, Identity, Dek);
        await writer.WriteAsync(plaintext, Ct);
        var facts = await writer.CompleteAsync(Ct);
        Assert.Equal(SHA256.HashData(plaintext), facts.Sha256);
    }

    [Fact]
    public async Task Two_objects_of_the_same_plaintext_share_no_segment()
    {
        var (one, _) = await SealAsync(Plaintext(100), Identity, Dek);
        var (two, _) = await SealAsync(Plaintext(100), Identity, Dek);
        Assert.Equal(one[..42], two[..42]);
        Assert.NotEqual(one[42..74], two[42..74]);
        Assert.NotEqual(one[110..122], two[110..122]);
        Assert.NotEqual(one[122..], two[122..]);
    }

    [Fact]
    public async Task A_writer_that_failed_is_never_resumed()
    {
        var recorded = new RecordingStream { FailsAtWrite = 2 };
        await using var writer = SealedObjectWriter.Create(recorded, Identity, Dek);
        var plaintext = Plaintext(60 * Segment);
        await Assert.ThrowsAsync<IOException>(async () => await writer.WriteAsync(plaintext, Ct));
        var written = recorded.Total;
        await AssertRefusesEverythingAsync(writer);
        Assert.Equal(written, recorded.Total);
    }

    [Fact]
    public async Task A_write_goes_on_while_the_next_plaintext_is_taken()
    {
        var gate = new TaskCompletionSource();
        var writer = SealedObjectWriter.Create(new RecordingStream { Gate = gate.Task }, Identity, Dek);
        var taken = writer.WriteAsync(Plaintext(13 * Segment), Ct).AsTask();
        await taken.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        var completed = writer.CompleteAsync(Ct).AsTask();
        Assert.False(completed.IsCompleted);
        gate.SetResult();
        Assert.Equal(13, (await completed).Segments);
        await writer.DisposeAsync();
    }

    [Fact]
    public async Task Disposal_waits_for_the_write_that_still_reads_its_buffer()
    {
        var gate = new TaskCompletionSource();
        var writer = SealedObjectWriter.Create(new RecordingStream { Gate = gate.Task }, Identity, Dek);
        await writer.WriteAsync(Plaintext(9 * Segment), Ct).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Ct);
        var disposed = writer.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<TimeoutException>(() => disposed.WaitAsync(TimeSpan.FromMilliseconds(50), Ct));
        gate.SetException(new IOException("The store went away."));
        await disposed;
    }

    [Fact]
    public async Task A_failure_of_the_last_write_surfaces_at_the_end()
    {
        await using var writer = SealedObjectWriter.Create(new RecordingStream { FailsAtWrite = 1 }, Identity, Dek);
        await writer.WriteAsync(Plaintext(100), Ct);
        await Assert.ThrowsAsync<IOException>(async () => await writer.CompleteAsync(Ct));
        await AssertRefusesEverythingAsync(writer);
    }

    [Fact]
    public async Task A_writer_that_was_cancelled_is_never_resumed()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await using var writer = SealedObjectWriter.Create(new RecordingStream(), Identity, Dek);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await writer.WriteAsync(Plaintext(20 * Segment), cancelled.Token));
        await AssertRefusesEverythingAsync(writer);
    }

    [Fact]
    public async Task A_writer_whose_source_failed_is_never_resumed()
    {
        await using var writer = SealedObjectWriter.Create(new RecordingStream(), Identity, Dek);
        await using var source = await new StoredObject(Plaintext(1000)) { FailsAfter = 1000 }.GetAsync(0, 2000, Ct);
        await Assert.ThrowsAsync<IOException>(() => writer.CopyFromAsync(source, Ct));
        await AssertRefusesEverythingAsync(writer);
    }

    [Fact]
    public async Task A_complete_object_takes_nothing_more()
    {
        await using var writer = SealedObjectWriter.Create(new RecordingStream(), Identity, Dek);
        await writer.CompleteAsync(Ct);
        await AssertRefusesEverythingAsync(writer);
    }

    [Fact]
    public async Task The_destination_stays_open()
    {
        using var destination = new MemoryStream();
        await using (var writer = SealedObjectWriter.Create(destination, Identity, Dek))
            await writer.CompleteAsync(Ct);
        Assert.True(destination.CanWrite);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_key_is_zeroed_at_the_end_and_at_disposal(bool complete)
    {
        await using var writer = SealedObjectWriter.Create(Stream.Null, Identity, Dek);
        Assert.True(writer.MessageKey.Material.ContainsAnyExcept((byte)0));
        if (complete)
            await writer.CompleteAsync(Ct);
        else
            await writer.DisposeAsync();
        Assert.False(writer.MessageKey.Material.ContainsAnyExcept((byte)0));
    }

    [Fact]
    public async Task More_than_the_room_given_is_never_taken()
    {
        await using var writer = SealedObjectWriter.Create(Stream.Null, Identity, Dek);
        var room = await writer.GetMemoryAsync(Ct);
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Advance(room.Length + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Advance(-1));
        writer.Advance(room.Length);
        Assert.Equal(room.Length, (await writer.CompleteAsync(Ct)).PlaintextLength);
    }

    [Fact]
    public void A_key_of_another_length_is_refused() =>
        Assert.Throws<ArgumentException>(() => SealedObjectWriter.Create(Stream.Null, Identity, new byte[16]));

    static async Task AssertRefusesEverythingAsync(SealedObjectWriter writer)
    {
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.WriteAsync(new byte[1], Ct));
        await Assert.ThrowsAsync<InvalidOperationException>(() => writer.CopyFromAsync(Stream.Null, Ct));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.GetMemoryAsync(Ct));
        Assert.Throws<InvalidOperationException>(() => writer.Advance(0));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await writer.CompleteAsync(Ct));
        await writer.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await writer.WriteAsync(new byte[1], Ct));
    }

    /// <summary>Remembers the size of every write and can fail at one of them.</summary>
    sealed class RecordingStream : MemoryStream
    {
        public List<int> Writes { get; } = [];

        public int? FailsAtWrite { get; init; }

        /// <summary>Writes end no sooner than this.</summary>
        public Task Gate { get; init; } = Task.CompletedTask;

        public long Total => Writes.Sum(write => (long)write);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Writes.Count + 1 == FailsAtWrite)
                return ValueTask.FromException(new IOException("The store went away."));
            Writes.Add(buffer.Length);
            Write(buffer.Span);
            return new(Gate);
        }
    }
}
