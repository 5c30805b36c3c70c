using System.Security.Cryptography;
using RecordingPlatform.Core.Sealing;
using static RecordingPlatform.Core.Sealing.SealedObjectFault;
using static RecordingPlatform.Tests.Sealing.SealingSamples;

namespace RecordingPlatform.Tests.Sealing;

/// <summary>Every way in which a stored object can differ from its row has its own name, and hands out no byte of what differs.</summary>
public sealed class SealedObjectTamperTests
{
    /// <summary>Segments 0 to 4, the last one short.</summary>
    const int Length = 4 * Segment + 1000;

    [Theory]
    [InlineData(0, NotASealedObject)]
    [InlineData(3, NotASealedObject)]
    [InlineData(4, UnknownVersion)]
    [InlineData(5, UnknownSuite)]
    [InlineData(6, UnknownFlags)]
    [InlineData(7, UnknownFlags)]
    [InlineData(8, ForeignDek)]
    [InlineData(23, ForeignDek)]
    [InlineData(24, ReservedBytesSet)]
    [InlineData(31, ReservedBytesSet)]
    [InlineData(32, UnknownParameters)]
    [InlineData(33, UnknownParameters)]
    [InlineData(37, UnknownParameters)]
    [InlineData(41, UnknownParameters)]
    [InlineData(42, ForeignRow)] // the IV: the header is no longer the one sealed for this row
    [InlineData(105, ForeignRow)]
    public async Task Each_header_field_has_its_own_failure(int at, SealedObjectFault fault)
    {
        var sample = await Sample.CreateAsync(Length);
        await AssertRefusedAsync(fault, sample, Flip(sample.Sealed, at));
    }

    [Fact]
    public async Task An_object_below_another_rows_name_is_foreign()
    {
        var sample = await Sample.CreateAsync(Length);
        var other = await Sample.CreateAsync(Length);
        await AssertRefusedAsync(ForeignDek, sample, other.Sealed);
        var otherOwner = sample with { Identity = sample.Identity with { OwnerId = Guid.CreateVersion7() } };
        await AssertRefusedAsync(ForeignRow, otherOwner, sample.Sealed);
        var otherObject = sample with { Identity = sample.Identity with { ObjectId = Guid.CreateVersion7() } };
        await AssertRefusedAsync(ForeignRow, otherObject, sample.Sealed);
    }

    [Fact]
    public async Task A_wrong_key_is_told_from_a_foreign_row_by_the_key_check()
    {
        var sample = await Sample.CreateAsync(Length);
        var wrongKey = sample with { Dek = RandomNumberGenerator.GetBytes(32) };
        await AssertRefusedAsync(WrongKey, wrongKey, sample.Sealed);

        var uncheckable = wrongKey with { Identity = wrongKey.Identity with { KeyCheck = null } };
        await AssertRefusedAsync(HeaderTag, uncheckable, sample.Sealed);
    }

    [Fact]
    public async Task A_key_of_another_length_is_refused()
    {
        var sample = await Sample.CreateAsync(1);
        await Assert.ThrowsAsync<ArgumentException>(() => (sample with { Dek = new byte[16] }).OpenAsync(sample.Stored()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)] // within the header
    [InlineData(SealedLayout.HeaderLength)]
    [InlineData(SealedLayout.HeaderLength + 2 * SealedLayout.SegmentLength)] // whole segments
    [InlineData(SealedLayout.HeaderLength + 2 * SealedLayout.SegmentLength + 10)] // within a marker and IV
    [InlineData(SealedLayout.HeaderLength + 4 * SealedLayout.SegmentLength + 1031)] // the very last byte
    public async Task A_truncated_object_is_refused(int keep)
    {
        var sample = await Sample.CreateAsync(Length);
        await AssertRefusedAsync(Truncated, sample, sample.Sealed[..keep]);
    }

    [Fact]
    public async Task A_removed_segment_truncates_the_object()
    {
        var sample = await Sample.CreateAsync(Length);
        await AssertRefusedAsync(Truncated, sample, Join(sample, 0, 1, 3, 4));
    }

    [Fact]
    public async Task An_object_with_something_behind_its_end_is_refused()
    {
        var sample = await Sample.CreateAsync(Length);
        await AssertRefusedAsync(Appended, sample, [.. sample.Sealed, 0]);
        await AssertRefusedAsync(Appended, sample, Join(sample, 0, 1, 2, 3, 4, 4));

        var empty = await Sample.CreateAsync(0);
        await AssertRefusedAsync(Appended, empty, [.. empty.Sealed, 0]);
    }

    [Fact]
    public async Task Reordered_segments_are_refused()
    {
        var sample = await Sample.CreateAsync(Length);
        Assert.Equal(1, (await AssertRefusedAsync(Reordered, sample, Join(sample, 0, 2, 1, 3, 4))).Segment);
        Assert.Equal(0, (await AssertRefusedAsync(Reordered, sample, Join(sample, 3, 1, 2, 0, 4))).Segment);
        Assert.Equal(3, (await AssertRefusedAsync(Reordered, sample, Join(sample, 0, 1, 2, 4, 3))).Segment);

        var full = await Sample.CreateAsync(3 * Segment);
        Assert.Equal(1, (await AssertRefusedAsync(Reordered, full, Join(full, 0, 2, 1))).Segment);
    }

    [Fact]
    public async Task A_duplicated_segment_is_refused_in_place_of_another_and_between_others()
    {
        var sample = await Sample.CreateAsync(Length);
        Assert.Equal(2, (await AssertRefusedAsync(Duplicated, sample, Join(sample, 0, 1, 1, 3, 4))).Segment);
        Assert.Equal(2, (await AssertRefusedAsync(Duplicated, sample, Join(sample, 0, 1, 1, 2, 3, 4))).Segment);
    }

    [Theory]
    [InlineData(0)] // marker
    [InlineData(4)] // IV
    [InlineData(16)] // ciphertext
    [InlineData(SealedLayout.SegmentLength - 1)] // tag
    public async Task An_altered_segment_is_refused(int at)
    {
        var sample = await Sample.CreateAsync(Length);
        var refused = await AssertRefusedAsync(
            SegmentAltered, sample, Flip(sample.Sealed, (int)SealedLayout.SegmentOffset(2) + at));
        Assert.Equal(2, refused.Segment);
    }

    [Fact]
    public async Task A_segment_of_another_object_under_the_same_key_is_refused()
    {
        var sample = await Sample.CreateAsync(Length);
        var (twin, _) = await SealAsync(sample.Plaintext, sample.Identity, sample.Dek);
        var offset = (int)SealedLayout.SegmentOffset(1);
        twin.AsSpan(offset, SealedLayout.SegmentLength).CopyTo(sample.Sealed.AsSpan(offset));
        await AssertRefusedAsync(SegmentAltered, sample, sample.Sealed);
    }

    [Fact]
    public async Task The_last_segment_is_the_one_the_rows_length_makes_last()
    {
        var sample = await Sample.CreateAsync(Length);
        Sample Claims(int length) => sample with { Plaintext = Plaintext(length) };

        // Cut at a segment's edge, with a row changed to match: the truncation that only "last" reveals.
        await AssertRefusedAsync(WrongEnd, Claims(2 * Segment), Join(sample, 0, 1));
        await AssertRefusedAsync(WrongEnd, Claims(2 * Segment), sample.Sealed);
        await AssertRefusedAsync(WrongEnd, Claims(Length - 1), sample.Sealed);
        await AssertRefusedAsync(Truncated, Claims(Length + 1), sample.Sealed);
        await AssertRefusedAsync(Truncated, Claims(Length + Segment), sample.Sealed);

        var full = await Sample.CreateAsync(2 * Segment);
        await AssertRefusedAsync(
            WrongEnd, full with { Plaintext = Plaintext(3 * Segment) }, [.. full.Sealed, .. new byte[SealedLayout.SegmentLength]]);
    }

    [Fact]
    public async Task A_marker_alone_makes_no_segment_the_last()
    {
        var sample = await Sample.CreateAsync(2 * Segment);
        var cut = Join(sample, 0);
        byte[] lastMarker = [0, 1, 0, 0x20];
        lastMarker.CopyTo(cut, SealedLayout.HeaderLength);
        await AssertRefusedAsync(SegmentAltered, sample with { Plaintext = Plaintext(Segment) }, cut);
    }

    /// <summary>Copies the whole object both ways; what left before the failure is the true beginning.</summary>
    static async Task<SealedObjectException> AssertRefusedAsync(SealedObjectFault fault, Sample row, byte[] stored)
    {
        using var destination = new MemoryStream();
        var toStream = await Assert.ThrowsAsync<SealedObjectException>(async () =>
        {
            using var reader = await row.OpenAsync(new StoredObject(stored));
            await reader.CopyRangeAsync(0, row.Plaintext.Length, destination, CancellationToken.None);
        });
        Assert.True(fault == toStream.Fault, $"{toStream.Fault} instead of {fault}: {toStream.Message}");
        Assert.True(row.Plaintext.AsSpan().StartsWith(destination.ToArray()), "Bytes left that are not the plaintext's.");

        using var piped = new MemoryStream();
        var pipe = System.IO.Pipelines.PipeWriter.Create(piped);
        var toPipe = await Assert.ThrowsAsync<SealedObjectException>(async () =>
        {
            using var reader = await SealedObjectReader.OpenForRangeAsync(
                new StoredObject(stored).GetAsync, row.Identity, row.Dek, row.Plaintext.Length, 0, row.Plaintext.Length, CancellationToken.None);
            await reader.CopyRangeAsync(0, row.Plaintext.Length, pipe, CancellationToken.None);
        });
        Assert.Equal(toStream.Fault, toPipe.Fault);
        Assert.Equal(toStream.Segment, toPipe.Segment);
        await pipe.CompleteAsync();
        Assert.True(row.Plaintext.AsSpan().StartsWith(piped.ToArray()), "Bytes reached the pipe that are not the plaintext's.");
        return toStream;
    }

    static byte[] Flip(byte[] bytes, int at)
    {
        var flipped = bytes.ToArray();
        flipped[at] ^= 1;
        return flipped;
    }

    static byte[] Join(Sample sample, params int[] segments)
    {
        var all = sample.Sealed[SealedLayout.HeaderLength..].Chunk(SealedLayout.SegmentLength).ToArray();
        return [.. sample.Sealed[..SealedLayout.HeaderLength], .. segments.SelectMany(s => all[s])];
    }
}
