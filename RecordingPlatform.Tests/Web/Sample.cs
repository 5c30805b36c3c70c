using System.Text.Json.Nodes;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Web;

/// <summary>Recordings, sound and its outline as the API gives them.</summary>
internal static partial class Sample
{
    public const int Seconds = 60;
    const int Rate = 8000;

    public static JsonObject Recording(string status, string? title) => new()
    {
        ["id"] = Guid.CreateVersion7().ToString(),
        ["title"] = title,
        ["status"] = status,
        ["meeting_id"] = null,
        ["call_id"] = "call-4711",
        ["source"] = "twilio",
        ["file_size_bytes"] = 4_812_300,
        ["duration_seconds"] = status is "ready" or "damaged" or "deleted" ? Seconds : null,
        ["participant_count"] = 2,
        ["has_video"] = false,
        ["recorded_at"] = "2026-03-14T22:30:00Z",
        ["retention_days"] = 2555,
        ["retention_expires_at"] = "2033-03-14T22:30:00Z",
        ["transcription_status"] = "none",
        ["legal_hold"] = false,
        ["tier"] = "hot",
        ["stored_at"] = status is "receiving" or "absent" ? null : "2026-03-14T22:31:10Z",
        ["processed_at"] = status is "ready" ? "2026-03-14T22:31:40Z" : null,
        ["deleted_at"] = status is "deleted" ? "2026-03-20T10:00:00Z" : null,
        ["purge_after"] = status is "deleted" ? "2099-03-27T10:00:00Z" : null,
        ["created_at"] = "2026-03-14T22:31:10Z",
        ["updated_at"] = "2026-03-14T22:31:40Z",
        ["mime_type"] = "audio/wav",
        ["channels"] = 2,
        ["sample_rate"] = 48000,
        ["audio_codec"] = "pcm_s16le",
        ["video_codec"] = null,
        ["caller_phone"] = "+4512345678",
        ["progress"] = status is "processing" ? 0.4 : null,
        ["state_reason"] = status is "failed" or "damaged" ? "The file ends in the middle of a frame." : null,
        ["notes"] = "Second session.\nPatient asked for a copy.",
        ["content_sha256"] = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ["gain_db"] = 3.5,
        ["loudness_lufs"] = -21.4,
        ["permissions"] = new JsonArray("play", "download", "edit", "delete"),
    };

    /// <summary>Two voices that take turns, as in FORMAT version 2 of audiowaveform.</summary>
    public static JsonObject Waveform(int channels)
    {
        const int length = 600;
        var data = new JsonArray();
        for (var i = 0; i < length; i++)
        {
            for (var channel = 0; channel < channels; channel++)
            {
                var speaking = i / 60 % 2 == channel;
                var level = speaking ? (int)(30 + (80 * Math.Abs(Math.Sin(i * 0.7) * Math.Sin(i * 0.11)))) : 2;
                data.Add(-level);
                data.Add(level);
            }
        }
        return new JsonObject { ["version"] = 2, ["channels"] = channels, ["sample_rate"] = Rate, ["samples_per_pixel"] = 800, ["bits"] = 8, ["length"] = length, ["data"] = data };
    }

    /// <summary>A minute of a quiet tone, another one on each channel, as a WAV of 16 bits.</summary>
    public static byte[] Wav(short channels = 1)
    {
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write(WaveHeader.Of(Seconds * Rate * 2 * channels, Rate, channels));
        for (var i = 0; i < Seconds * Rate; i++)
        {
            for (var channel = 1; channel <= channels; channel++)
                writer.Write((short)(1000 * Math.Sin(i * 2 * Math.PI * 220 * channel / Rate)));
        }
        return file.ToArray();
    }
}
