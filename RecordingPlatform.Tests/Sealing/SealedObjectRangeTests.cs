using System.IO.Pipelines;
using FsCheck;
using FsCheck.Fluent;
using RecordingPlatform.Core.Sealing;
using static RecordingPlatform.Tests.Sealing.SealingSamples;

namespace RecordingPlatform.Tests.Sealing;

public sealed class SealedObjectRangeTests
{
    static readonly int[] Sizes = [0, 1, Segment - 1, Segment, Segment + 1, 2 * Segment, 5 * Segment + 17, 33 * Segment - 1];

    [Fact]
    public async Task Any_range_is_the_slice_of_the_plaintext()
    {
        var samples = await Task.WhenAll(Sizes.Select(Sample.CreateAsync));
        var property = Prop.ForAll(Ranges(samples).ToArbitrary(), range => HoldsAsync(range));
        property.Check(Config.QuickThrowOnFailure.WithMaxTest(400).WithQuietOnSuccess(true));
    }

    static async Task HoldsAsync(Range range)
    {
        var (sample, offset, length) = range;
        void AssertSlice(byte[] copied, string how) =>
            Assert.True(sample.Plaintext.AsSpan(offset, length).SequenceEqual(copied), $"{range}: {how}");

        var stored = sample.Stored();
        using var reader = await sample.OpenAsync(stored);
        AssertSlice(await ToStreamAsync(reader, offset, length), "stream");
        AssertSlice(await ToPipeAsync(reader, offset, length), "pipe");
        AssertOneGetOfJustTheSegments(stored, offset, length);

        using var ahead = await SealedObjectReader.OpenForRangeAsync(
            stored.GetAsync, sample.Identity, sample.Dek, sample.Plaintext.Length, offset, length, CancellationToken.None);
        AssertSlice(await ToStreamAsync(ahead, offset, length), "opened for it");

        using var suffix = new MemoryStream();
        await reader.CopySuffixAsync(length, suffix, CancellationToken.None);
        Assert.True(sample.Plaintext.AsSpan(^length..).SequenceEqual(suffix.ToArray()), $"{range}: suffix");
    }

    static void AssertOneGetOfJustTheSegments(StoredObject stored, long offset, long length)
    {
        Assert.Equal((0, SealedLayout.HeaderLength), stored.Gets[0]);
        if (length == 0)
            return;
        Assert.Equal(3, stored.Gets.Count); // the header, then one for each copy
        foreach (var (from, count) in stored.Gets.Skip(1))
        {
            Assert.Equal(SealedLayout.SegmentOffset(offset >> 16), from);
            Assert.InRange(count, length, length + 2 * Segment + 32 * (length / Segment + 2));
        }
    }

    static async Task<byte[]> ToStreamAsync(SealedObjectReader reader, long offset, long length)
    {
        using var destination = new MemoryStream();
        await reader.CopyRangeAsync(offset, length, destination, CancellationToken.None);
        return destination.ToArray();
    }

    static async Task<byte[]> ToPipeAsync(SealedObjectReader reader, long offset, long length)
    {
        using var destination = new MemoryStream();
        var pipe = PipeWriter.Create(destination, new StreamPipeWriterOptions(leaveOpen: true));
        await reader.CopyRangeAsync(offset, length, pipe, CancellationToken.None);
        await pipe.CompleteAsync();
        return destination.ToArray();
    }

    static Gen<Range> Ranges(Sample[] samples) =>
        from sample in Gen.Elements(samples)
        from a in Positions(sample.Plaintext.Length)
        from b in Positions(sample.Plaintext.Length)
        select new Range(sample, Math.Min(a, b), Math.Abs(a - b));

    /// <summary>Half of them at or beside a segment's edge or the object's end.</summary>
    static Gen<int> Positions(int length) => Gen.OneOf(
        Gen.Choose(0, length),
        from edge in Gen.Choose(0, length / Segment + 1)
        from beside in Gen.Choose(-1, 1)
        select Math.Clamp(edge * Segment + beside, 0, length));

    sealed record Range(Sample Sample, int Offset, int Length)
    {
        public override string ToString() => $"[{Offset}, +{Length}) of {Sample.Plaintext.Length}";
    }
}
