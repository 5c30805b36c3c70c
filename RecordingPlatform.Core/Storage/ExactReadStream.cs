namespace RecordingPlatform.Core.Storage;

/// <summary>
/// The body of an HTTP answer whose length is known: gives exactly that many bytes, or throws <see cref="IOException"/>. A read
/// that gets no byte within the time-out throws too, so that a stalled store does not hold its reader for ever.
/// </summary>
internal sealed class ExactReadStream(Stream body, IDisposable? answer, string name, long length, TimeSpan timeout) : ReadOnlyStream
{
    long left = length;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (left == 0 || buffer.IsEmpty)
            return 0;

        var count = await ReadInTimeAsync(buffer[..(int)Math.Min(buffer.Length, left)], cancellationToken);
        if (count == 0)
            throw new IOException($"The store ended the read of '{name}' {left} bytes early.");
        left -= count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
            answer?.Dispose();
        }

        base.Dispose(disposing);
    }

    async ValueTask<int> ReadInTimeAsync(Memory<byte> buffer, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(timeout);
        try
        {
            return await body.ReadAsync(buffer, patience.Token);
        }
        catch (OperationCanceledException late) when (!ct.IsCancellationRequested)
        {
            throw new IOException($"The store sent nothing of '{name}' for {timeout.TotalSeconds:0.#} s, {left} bytes before the end.", late);
        }
        catch (HttpRequestException broken)
        {
            throw new IOException($"The read of '{name}' broke {left} bytes before the end.", broken);
        }
    }
}
