namespace RecordingPlatform.Tests.Fixtures;

/// <summary>The big scenarios run at a hundredth of their size unless <c>./test --scale</c> asks for the whole.</summary>
internal static class Scale
{
    static readonly bool Full = Environment.GetEnvironmentVariable("RP_TEST_SCALE") == "full";

    public static long Of(long full) => Full ? full : full / 100;
}
