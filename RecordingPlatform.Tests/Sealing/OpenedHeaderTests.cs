using RecordingPlatform.Core.Sealing;
using static RecordingPlatform.Tests.Sealing.SealingSamples;

namespace RecordingPlatform.Tests.Sealing;

public sealed class OpenedHeaderTests
{
    const int Length = 20 * Segment + 5;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_kept_header_outlives_its_reader_and_a_reader_its_header()
    {
        var sample = await Sample.CreateAsync(Length);
        var first = await sample.OpenAsync(sample.Stored());
        var header = first.KeepHeader();
        first.Dispose();

        using var second = SealedObjectReader.Open(sample.Stored().GetAsync, header);
        header.Dispose();
        await AssertCopiesAsync(second, sample, 0, Length);
        Assert.Throws<ObjectDisposedException>(() => SealedObjectReader.Open(sample.Stored().GetAsync, header));
    }

    [Fact]
    public async Task The_key_of_a_reader_waits_for_the_next_one_and_is_zeroed_with_the_header()
    {
        var sample = await Sample.CreateAsync(10);
        var reader = await sample.OpenAsync(sample.Stored());
        var header = reader.KeepHeader();
        var key = reader.MessageKey;
        reader.Dispose();
        Assert.False(IsZero(key));
        Assert.Same(key, SealedObjectReader.Open(sample.Stored().GetAsync, header).MessageKey);

        var other = SealedObjectReader.Open(sample.Stored().GetAsync, header);
        Assert.NotSame(key, other.MessageKey);
        other.Dispose();
        Assert.False(IsZero(header.MessageKey));
        header.Dispose();
        Assert.True(IsZero(header.MessageKey));
        Assert.True(IsZero(other.MessageKey));
    }

    [Fact]
    public async Task Only_one_key_is_kept_and_none_that_comes_back_after_the_header_went()
    {
        var sample = await Sample.CreateAsync(10);
        using var header = await OpenedHeader.ReadAsync(sample.Stored().GetAsync, sample.Identity, sample.Dek, 10, Ct);
        var (first, second, late) = (Open(), Open(), Open());
        first.Dispose();
        second.Dispose();
        Assert.False(IsZero(first.MessageKey));
        Assert.True(IsZero(second.MessageKey));

        header.Dispose();
        late.Dispose();
        Assert.True(IsZero(first.MessageKey));
        Assert.True(IsZero(late.MessageKey));

        SealedObjectReader Open() => SealedObjectReader.Open(sample.Stored().GetAsync, header);
    }

    [Fact]
    public async Task A_reader_disposed_twice_does_not_put_its_key_into_two_hands()
    {
        var sample = await Sample.CreateAsync(10);
        using var header = await OpenedHeader.ReadAsync(sample.Stored().GetAsync, sample.Identity, sample.Dek, 10, Ct);
        var twice = SealedObjectReader.Open(sample.Stored().GetAsync, header);
        twice.Dispose();
        using var next = SealedObjectReader.Open(sample.Stored().GetAsync, header);
        twice.Dispose();
        using var third = SealedObjectReader.Open(sample.Stored().GetAsync, header);
        Assert.NotSame(next.MessageKey, third.MessageKey);
    }

    [Fact]
    public async Task Many_readers_at_once_of_one_kept_header_read_what_was_sealed()
    {
        var sample = await Sample.CreateAsync(Length);
        using var header = await OpenedHeader.ReadAsync(sample.Stored().GetAsync, sample.Identity, sample.Dek, Length, Ct);
        await Parallel.ForAsync(0, 400, Ct, async (i, _) =>
        {
            using var reader = SealedObjectReader.Open(sample.Stored().GetAsync, header);
            await AssertCopiesAsync(reader, sample, i * 1009 % (Length - 3000), 3000);
        });
    }

    [Fact]
    public async Task A_header_that_nobody_kept_goes_with_its_reader()
    {
        var sample = await Sample.CreateAsync(10);
        var reader = await sample.OpenAsync(sample.Stored());
        reader.Dispose();
        Assert.True(IsZero(reader.MessageKey));
        Assert.True(IsZero(reader.KeepHeader().MessageKey));
        Assert.Throws<InvalidOperationException>(() => reader.KeepHeader());
    }

    static bool IsZero(FloeMessageKey key) => !key.Material.ContainsAnyExcept((byte)0);
}
