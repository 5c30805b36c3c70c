using System.Buffers.Binary;

namespace RecordingPlatform.Core.Media;

/// <summary>
/// Compares what a WAV file's data chunk declares with what the file holds. Writers that cannot seek back leave a
/// placeholder; such a file ends where it ends and is whole.
/// </summary>
/// <param name="Declared">Bytes of audio the header promises; null for a placeholder.</param>
/// <param name="Present">Bytes of audio in the file.</param>
public sealed record RiffLength(long? Declared, long Present)
{
    /// <summary>
    /// Programs that write to a pipe leave 0, 0xFFFFFFFF (ffmpeg), or about 2 GiB as the largest size that old readers bear
    /// (SoX and espeak-ng 0x7FFFF000). All of the last kind lie in the last megabyte below 2 GiB.
    /// </summary>
    const uint LowestTwoGibPlaceholder = 0x7FF0_0000;

    /// <summary>A header with more chunks than this is made to be slow, not to be heard.</summary>
    const int MaxChunks = 4096;

    /// <summary>Some writers count their own header into the audio; with its chunks it is no longer than this.</summary>
    const int MiscountedHeader = 64;

    /// <summary>Bytes of audio that are not there.</summary>
    public long Missing => Declared is { } declared && declared - Present > MiscountedHeader ? declared - Present : 0;

    /// <summary>Reads the chunk headers of a RIFF, RF64 or BW64 file; null when it has no data chunk. <paramref name="file"/> must seek.</summary>
    public static async Task<RiffLength?> ReadAsync(Stream file, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(file);
        var header = new byte[36];
        file.Position = 0;
        if (await file.ReadAtLeastAsync(header.AsMemory(0, 12), 12, throwOnEndOfStream: false, ct) < 12)
            return null;

        long? size64 = null;
        for (var chunk = 0; chunk < MaxChunks; chunk++)
        {
            if (await file.ReadAtLeastAsync(header.AsMemory(0, 8), 8, throwOnEndOfStream: false, ct) < 8)
                return null;
            var size = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(4));
            var start = file.Position;
            var present = file.Length - start;
            if (header.AsSpan(0, 4).SequenceEqual("data"u8))
                return new RiffLength(size == uint.MaxValue && size64 is not null ? Known(size64.Value, present) : Known(size, present), Math.Max(0, present));

            // EBU Tech 3306: RIFF size, then data size, each of 64 bits.
            if (header.AsSpan(0, 4).SequenceEqual("ds64"u8)
                && await file.ReadAtLeastAsync(header.AsMemory(8, 16), 16, throwOnEndOfStream: false, ct) == 16)
            {
                size64 = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(16));
            }
            file.Position = start + size + (size & 1); // chunks are padded to even length
        }
        return null;
    }

    static long? Known(long declared, long present) => declared switch
    {
        0 when present > 0 => null,
        uint.MaxValue or < 0 => null,
        >= LowestTwoGibPlaceholder and <= int.MaxValue when present < declared => null,
        _ => declared,
    };
}
