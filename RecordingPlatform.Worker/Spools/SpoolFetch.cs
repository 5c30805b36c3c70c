using RecordingPlatform.Core.Media;
using RecordingPlatform.Core.Objects;

namespace RecordingPlatform.Worker.Spools;

/// <summary>
/// Reads one file of a spool to its end and seals it as it comes. A lost connection is taken up where it broke off; of a
/// file that is no longer what was seen nothing is to be kept.
/// </summary>
sealed class SpoolFetch(ISpool spool, string path, SpoolStat seen, TimeProvider clock)
{
    /// <summary>Lost connections in a row without a byte in between; then another run goes on, later.</summary>
    const int MostTries = 4;

    readonly byte[] _leading = new byte[(int)Math.Min(seen.SizeBytes, MediaRecognition.LeadingBytes)];
    long _delivered;

    /// <summary>The media type by content, and for headerless formats by the name's extension; null when it is none.</summary>
    public MediaType? Recognise(string extension) => MediaRecognition.RecognisePbx(_leading.AsSpan(0, (int)Math.Min(_delivered, _leading.Length)), extension);

    /// <summary>Reads all of it, in order.</summary>
    /// <returns>False when the file is another than was seen, or became another.</returns>
    public async Task<bool> ReadAllAsync(SpoolSink sink, CancellationToken ct) => await ReadAsync(sink, ct) && await spool.StatAsync(path, ct) == seen;

    public Task<bool> SealAsync(PendingObject sealing, CancellationToken ct) => ReadAllAsync(sealing.WriteAsync, ct);

    async Task<bool> ReadAsync(SpoolSink sink, CancellationToken ct)
    {
        if (seen.SizeBytes == 0)
            return true;
        for (var tries = 1; ; tries++)
        {
            var before = _delivered;
            try
            {
                var opened = await spool.ReadAsync(path, _delivered, seen.SizeBytes, TakeAsync, ct);
                return opened == seen && _delivered == seen.SizeBytes;
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
