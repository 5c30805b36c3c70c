using FsCheck;
using FsCheck.Fluent;
using RecordingPlatform.Core.Sealing;

namespace RecordingPlatform.Tests.Sealing;

public sealed class SealedLayoutTests
{
    [Theory]
    [InlineData(0, 1, 138)]
    [InlineData(1, 1, 139)]
    [InlineData(65_536, 1, 65_674)]
    [InlineData(65_537, 2, 65_707)]
    [InlineData(131_072, 2, 131_242)]
    [InlineData(1L << 56, 1L << 40, 106 + (1L << 56) + 32 * (1L << 40))]
    public void Segments_and_sealed_length_follow_from_the_plaintext_length(long length, long segments, long sealedLength)
    {
        Assert.Equal(segments, SealedLayout.Segments(length));
        Assert.Equal(sealedLength, SealedLayout.SealedLength(length));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData((1L << 56) + 1)]
    public void A_length_that_no_object_can_have_is_refused(long length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SealedLayout.Segments(length));

    [Fact]
    public void Only_an_empty_object_has_an_empty_last_segment()
    {
        Assert.Equal(0, SealedLayout.PlaintextOf(0, 0));
        Prop.ForAll(Gen.Choose(1, int.MaxValue).ToArbitrary(), length =>
        {
            var last = SealedLayout.Segments(length) - 1;
            Assert.InRange(SealedLayout.PlaintextOf(last, length), 1, SealedLayout.SegmentPlaintext);
            Assert.Equal(last, SealedLayout.SegmentOf(length - 1));
            Assert.Equal(
                SealedLayout.SealedLength(length),
                SealedLayout.SegmentOffset(last) + SealedLayout.PlaintextOf(last, length) + 32);
        }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true));
    }
}
