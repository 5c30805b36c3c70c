using System.Collections.Frozen;

namespace RecordingPlatform.Core.Media;

/// <summary>
/// A kind of media file the platform accepts. It is chosen from a file's content, never from its name; it names the one
/// demuxer that may read the file, so a file that lies about what it is cannot reach another parser.
/// </summary>
public sealed record MediaType
{
    MediaType(string name, string label, string extension, string demuxer, string audioContentType, string? videoContentType = null)
    {
        Name = name;
        Label = label;
        Extension = extension;
        Demuxer = demuxer;
        AudioContentType = audioContentType;
        VideoContentType = videoContentType;
    }

    /// <summary>Stable identifier, stored with the recording: <c>wav</c>, <c>mp4</c>, <c>matroska</c>.</summary>
    public string Name { get; }

    /// <summary>What a person calls it: <c>WAV</c>, <c>MPEG transport stream</c>.</summary>
    public string Label { get; }

    /// <summary>Canonical file extension with its dot.</summary>
    public string Extension { get; }

    /// <summary>ffmpeg's name of the demuxer.</summary>
    public string Demuxer { get; }

    /// <summary>MIME type of a file with sound only.</summary>
    public string AudioContentType { get; }

    /// <summary>MIME type of a file with a picture; null where the container holds none.</summary>
    public string? VideoContentType { get; }

    /// <summary>Hz, for headerless audio whose demuxer must be told; null when the file says or the codec fixes it.</summary>
    public int? HeaderlessSampleRate { get; private init; }

    /// <summary>No header tells this content apart from noise: only a PBX connector may declare it.</summary>
    public bool IsHeaderless { get; private init; }

    /// <summary>
    /// The header states how long the recording is, so a shorter one has lost something. Where this is false the duration is
    /// what the file happens to hold (Ogg's last page, ASF's packets) or an estimate from its bit rate (MP3, ADTS).
    /// </summary>
    public bool DeclaresDuration { get; private init; }

    public string ContentType(bool hasVideo) => hasVideo ? VideoContentType ?? AudioContentType : AudioContentType;

    public override string ToString() => Name;

    public static MediaType Wav { get; } = new("wav", "WAV", ".wav", "wav", "audio/wav") { DeclaresDuration = true };
    public static MediaType Mp3 { get; } = new("mp3", "MP3", ".mp3", "mp3", "audio/mpeg");
    public static MediaType Ogg { get; } = new("ogg", "Ogg", ".ogg", "ogg", "audio/ogg", "video/ogg");
    public static MediaType Flac { get; } = new("flac", "FLAC", ".flac", "flac", "audio/flac") { DeclaresDuration = true };
    public static MediaType Matroska { get; } = new("matroska", "Matroska", ".mkv", "matroska", "audio/x-matroska", "video/x-matroska") { DeclaresDuration = true };
    public static MediaType WebM { get; } = new("webm", "WebM", ".webm", "matroska", "audio/webm", "video/webm") { DeclaresDuration = true };
    public static MediaType Mp4 { get; } = new("mp4", "MP4", ".mp4", "mov", "audio/mp4", "video/mp4") { DeclaresDuration = true };
    public static MediaType M4a { get; } = new("m4a", "M4A", ".m4a", "mov", "audio/mp4", "video/mp4") { DeclaresDuration = true };
    public static MediaType QuickTime { get; } = new("quicktime", "QuickTime", ".mov", "mov", "video/quicktime", "video/quicktime") { DeclaresDuration = true };
    public static MediaType ThreeGp { get; } = new("3gp", "3GP", ".3gp", "mov", "audio/3gpp", "video/3gpp") { DeclaresDuration = true };
    public static MediaType Adts { get; } = new("aac", "AAC", ".aac", "aac", "audio/aac");
    public static MediaType Amr { get; } = new("amr", "AMR", ".amr", "amr", "audio/amr");
    public static MediaType Aiff { get; } = new("aiff", "AIFF", ".aiff", "aiff", "audio/aiff") { DeclaresDuration = true };
    public static MediaType Caf { get; } = new("caf", "CAF", ".caf", "caf", "audio/x-caf") { DeclaresDuration = true };
    public static MediaType Au { get; } = new("au", "AU", ".au", "au", "audio/basic") { DeclaresDuration = true };
    public static MediaType Asf { get; } = new("asf", "Windows Media", ".asf", "asf", "audio/x-ms-wma", "video/x-ms-asf");
    public static MediaType Flv { get; } = new("flv", "Flash video", ".flv", "flv", "video/x-flv", "video/x-flv") { DeclaresDuration = true };
    public static MediaType Avi { get; } = new("avi", "AVI", ".avi", "avi", "video/vnd.avi", "video/vnd.avi") { DeclaresDuration = true };
    public static MediaType MpegTs { get; } = new("mpegts", "MPEG transport stream", ".ts", "mpegts", "video/mp2t", "video/mp2t");
    public static MediaType MpegPs { get; } = new("mpegps", "MPEG program stream", ".mpg", "mpeg", "video/mpeg", "video/mpeg");

    /// <summary>Every type that is recognised from leading bytes.</summary>
    public static IReadOnlyList<MediaType> Recognisable { get; } =
        [Wav, Mp3, Ogg, Flac, Matroska, WebM, Mp4, M4a, QuickTime, ThreeGp, Adts, Amr, Aiff, Caf, Au, Asf, Flv, Avi, MpegTs, MpegPs];

    /// <summary>
    /// Headerless formats as Asterisk writes them (its <c>file convert</c> names), mono. The sample rate of <c>slnN</c> is in its name.
    /// </summary>
    public static IReadOnlyList<MediaType> Headerless { get; } =
    [
        Raw("ulaw", "µ-law", "mulaw", 8000), Raw("alaw", "A-law", "alaw", 8000),
        Raw("gsm", "GSM 06.10", "gsm", null), Raw("g722", "G.722", "g722", null),
        Linear("sln", 8000), Linear("sln12", 12000), Linear("sln16", 16000), Linear("sln24", 24000), Linear("sln32", 32000),
        Linear("sln44", 44100), Linear("sln48", 48000), Linear("sln96", 96000), Linear("sln192", 192000),
    ];

    static readonly FrozenDictionary<string, MediaType> s_byName =
        Recognisable.Concat(Headerless).ToFrozenDictionary(type => type.Name, StringComparer.Ordinal);

    /// <summary>The type stored under <paramref name="name"/>, or null when no version of the platform had one.</summary>
    public static MediaType? Find(string name) => s_byName.GetValueOrDefault(name);

    static MediaType Linear(string name, int sampleRate) => Raw(name, "signed linear", "s16le", sampleRate);

    static MediaType Raw(string name, string label, string demuxer, int? sampleRate) =>
        new(name, label, "." + name, demuxer, "application/octet-stream") { IsHeaderless = true, HeaderlessSampleRate = sampleRate };
}
