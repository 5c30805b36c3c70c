namespace RecordingPlatform.Tests.Architecture;

public sealed class Sanity
{
    [Fact]
    public void Runs() => Assert.True(true);
}
