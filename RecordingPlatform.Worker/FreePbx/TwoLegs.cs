using RecordingPlatform.Core.FreePbx;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Worker.Media;
using RecordingPlatform.Worker.Spools;

namespace RecordingPlatform.Worker.FreePbx;

/// <summary>
/// Seals both legs of a recording as they are and makes the original of them: joined when both can be decoded, else the one
/// that can.
/// </summary>
sealed class TwoLegs(WorkDirectories workDirectories, LegJoin join)
{
    /// <summary>Decoded telephone speech is up to ten times as large, in each of the two channels.</summary>
    const int Unfolds = 20;

    const int BufferBytes = 256 * 1024;

    /// <summary>One of the two, and where it is sealed.</summary>
    public sealed record Leg(SpoolFetch Fetch, MonitorFileName Name, long SizeBytes, PendingObject Sealing);

    /// <summary>What the original is.</summary>
    public sealed record Joined(MediaType? Type, bool IsJoined, string? DamagedBecause, MediaType? HeardType, MediaType? SaidType);

    /// <returns>Null when a leg is no longer what was seen.</returns>
    public async Task<Joined?> TakeAsync(Leg heard, Leg said, PendingObject original, CancellationToken ct)
    {
        using var workdir = workDirectories.Create((heard.SizeBytes + said.SizeBytes) * (1 + Unfolds));
        var (first, second) = (workdir.File("in"), workdir.File("out"));
        if (!await ReadAsync(heard, first, ct) || !await ReadAsync(said, second, ct))
            return null;
        var (heardType, saidType) = (heard.Fetch.Recognise(heard.Name.Extension), said.Fetch.Recognise(said.Name.Extension));
        var joined = heardType is null || saidType is null ? null : await join.RunAsync((first, heardType), (second, saidType), workdir, ct);
        // The one of which anything is known, kept as it came: processing says what is wrong with it.
        var (path, type) = joined is not null ? (joined, MediaType.Wav) : heardType is null && saidType is not null ? (second, saidType) : (first, heardType);
        await SealAsync(path, original, ct);
        return new Joined(type, joined is not null, joined is null ? "The two legs of the recording could not be joined: at least one of them cannot be read. Both are kept." : null, heardType, saidType);
    }

    static async Task<bool> ReadAsync(Leg leg, string path, CancellationToken ct)
    {
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var isWhole = await leg.Fetch.ReadAllAsync(async (bytes, stop) =>
        {
            await leg.Sealing.WriteAsync(bytes, stop);
            await file.WriteAsync(bytes, stop);
        }, ct);
        if (isWhole)
            await leg.Sealing.CompleteAsync(ct);
        return isWhole;
    }

    static async Task SealAsync(string path, PendingObject sealing, CancellationToken ct)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        var buffer = new byte[BufferBytes];
        for (int read; (read = await file.ReadAsync(buffer, ct)) > 0;)
            await sealing.WriteAsync(buffer.AsMemory(0, read), ct);
        await sealing.CompleteAsync(ct);
    }
}
