using RecordingPlatform.Core.Media;

namespace RecordingPlatform.Worker.Media;

/// <summary>What was asked of a render.</summary>
sealed record RenderSettings
{
    /// <summary>Takes steady noise away (a setting of the source).</summary>
    public bool ReduceNoise { get; init; }
}

/// <summary>The files one render made, all in the work directory.</summary>
sealed record Rendition
{
    public required RenditionFile High { get; init; }

    /// <summary>Null for a film without sound.</summary>
    public RenditionFile? Low { get; init; }

    /// <summary>JSON; null for a film without sound.</summary>
    public RenditionFile? WaveformFile { get; init; }

    /// <summary>The same, for whoever wants the numbers.</summary>
    public Waveform? Waveform { get; init; }

    /// <summary>Null for a film without sound.</summary>
    public Loudness? Loudness { get; init; }

    /// <summary>As decoded: the duration to show, also where the original declares none.</summary>
    public required TimeSpan Duration { get; init; }
}

/// <param name="Path">Absolute.</param>
/// <param name="ContentType">MIME type, with codecs where a browser needs them.</param>
/// <param name="Length">Bytes.</param>
sealed record RenditionFile(string Path, string ContentType, long Length);

/// <summary>How a render ended: exactly one of the two below.</summary>
abstract record RenderResult
{
    RenderResult()
    {
    }

    public sealed record Rendered(Rendition Rendition) : RenderResult;

    public sealed record Damaged(MediaDamage Damage) : RenderResult;
}
