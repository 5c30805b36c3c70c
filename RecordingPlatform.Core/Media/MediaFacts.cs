namespace RecordingPlatform.Core.Media;

/// <summary>What a readable media file says about itself.</summary>
public sealed record MediaFacts
{
    public required MediaType Type { get; init; }

    /// <summary>Size of the file in bytes.</summary>
    public required long Length { get; init; }

    /// <summary>
    /// What the header declares or the demuxer estimates; null where it knows neither (a browser's recording, a stream).
    /// The duration that was really decoded is in the rendition.
    /// </summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Bits per second over the whole file, where known.</summary>
    public long? BitRate { get; init; }

    /// <summary>In file order. Cover pictures, subtitles, data and attachments are no streams here.</summary>
    public required IReadOnlyList<AudioFacts> Audio { get; init; }

    public required IReadOnlyList<VideoFacts> Video { get; init; }

    public bool HasVideo => Video.Count > 0;

    public string ContentType => Type.ContentType(HasVideo);
}

/// <param name="Index">Position among all streams of the file.</param>
/// <param name="Codec">ffmpeg's codec name: <c>pcm_s16le</c>, <c>opus</c>.</param>
/// <param name="Channels">One or more.</param>
/// <param name="SampleRate">Hz.</param>
/// <param name="StartsAt">Time between the first stream's start and this one's.</param>
public sealed record AudioFacts(int Index, string Codec, int Channels, int SampleRate, TimeSpan StartsAt);

/// <param name="Index">Position among all streams of the file.</param>
/// <param name="Codec">ffmpeg's codec name: <c>h264</c>, <c>vp8</c>.</param>
/// <param name="Width">Pixels, as coded.</param>
/// <param name="Height">Pixels, as coded.</param>
/// <param name="FrameRate">Average frames per second; null where the file does not say.</param>
/// <param name="PixelFormat">ffmpeg's name: <c>yuv420p</c>; null where it could not be told.</param>
public sealed record VideoFacts(int Index, string Codec, int Width, int Height, double? FrameRate, string? PixelFormat);
