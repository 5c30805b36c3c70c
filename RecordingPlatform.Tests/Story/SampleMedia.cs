namespace RecordingPlatform.Tests.Story;

internal static class SampleMedia
{
    /// <summary>11 s of speech, 16 kHz mono PCM.</summary>
    public static byte[] Speech { get; } = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Media", "Samples", "jfk.wav"));

    /// <summary>A sound header with nothing decodable behind it.</summary>
    public static byte[] Damaged { get; } = [.. Speech[..44], .. new byte[20]];
}
