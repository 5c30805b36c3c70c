using RecordingPlatform.Core.Media;
using RecordingPlatform.Core.Objects;

namespace RecordingPlatform.Worker.Spools;

/// <summary>
/// Reads one file of a spool to its end and seals it as it comes. A lost connection is taken up where it broke off; a file
/// that is no longer what was seen is not read.
/// </summary>
sealed class SpoolFetch(ISpool spool, string path, SpoolStat seen, TimeProvider clock)
{
    /// <summary>Lost connections in a row without a byte in between; then another run goes on, later.</summary>
    const int MostTries = 4;

    readonly byte[] _leading = new byte[(int)Math.Min(seen.SizeBytes, MediaRecognition.LeadingBytes)];
    long _delivered;

    /// <summary>The first bytes, as many as recognition needs.</summary>
    public ReadOnlySpan<byte> Leading => _leading.AsSpan(0, (int)Math.Min(_delivered, _leading.Length));

    /// <summary>The media type by content, and for headerless formats by the name's extension; null when it is none.</summary>
    public MediaType? Recognise(string extension) => MediaRecognition.RecognisePbx(Leading, extension);

    /// <summary>Reads the beginning only.</summary>
    /// <returns>False when the file is another than was seen.</returns>
    public Task<bool> ReadLeadingAsync(CancellationToken ct) => ReadAsync(_leading.Length, (_, _) => ValueTask.CompletedTask, ct);

    /// <summary>Reads what is left, in order, beginning with what was read.</summary>
    /// <returns>False when the file is another than was seen, or became another.</returns>
    public async Task<bool> ReadAllAsync(SpoolSink sink, CancellationToken ct)
    {
        if (_delivered > 0)
            await sink(_leading.AsMemory(0, (int)_delivered), ct);
        return await ReadAsync(seen.SizeBytes, sink, ct) && await spool.StatAsync(path, ct) == seen;
    }

    public Task<bool> SealAsync(PendingObject sealing, CancellationToken ct) => ReadAllAsync(sealing.WriteAsync, ct);

    async Task<bool> ReadAsync(long end, SpoolSink sink, CancellationToken ct)
    {
        if (end == 0)
            return await spool.StatAsync(path, ct) == seen;
        for (var tries = 1; ; tries++)
        {
            var before = _delivered;
            try
            {
                var opened = await spool.ReadAsync(path, _delivered, end, TakeAsync, ct);
                return opened == seen && _delivered == end;
            }
            catch (SpoolException e) when (e.Fault == SpoolFault.Unreachable && (_delivered > before || tries < MostTries))
            {
                if (_delivered > before)
                    tries = 0;
                await Task.Delay(TimeSpan.FromSeconds(1 << tries), clock, ct);
            }
        }

        async ValueTask TakeAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
        {
            if (_delivered < _leading.Length)
                bytes.Span[..(int)Math.Min(bytes.Length, _leading.Length - _delivered)].CopyTo(_leading.AsSpan((int)_delivered));
            await sink(bytes, stop);
            _delivered += bytes.Length;
        }
    }
}
