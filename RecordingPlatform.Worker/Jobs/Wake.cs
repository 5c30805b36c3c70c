using System.Threading.Channels;

namespace RecordingPlatform.Worker.Jobs;

/// <summary>"There may be something to claim": set by hints, by ended jobs and by upkeep; several are one.</summary>
internal sealed class Wake(TimeProvider clock)
{
    readonly Channel<bool> _set = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Set() => _set.Writer.TryWrite(true);

    /// <summary>Returns once set, or after the limit.</summary>
    public async Task WaitAsync(TimeSpan limit, CancellationToken ct)
    {
        using var passed = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(passed.Token, ct);
        try
        {
            await _set.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The limit: time to look.
        }
    }
}
