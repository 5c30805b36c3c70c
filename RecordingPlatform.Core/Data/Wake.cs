using System.Threading.Channels;

namespace RecordingPlatform.Core.Data;

/// <summary>
/// "There may be something new": what a loop that polls waits for, so that it need not wait for its time. Several are one;
/// one that is lost costs a poll.
/// </summary>
public abstract class Wake(TimeProvider clock)
{
    readonly Channel<bool> _set = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Set() => _set.Writer.TryWrite(true);

    /// <summary>Returns once set, or after the limit. For one loop.</summary>
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

/// <summary>The one of <typeparamref name="TLoop"/>: a process runs several loops, and none takes another's.</summary>
public sealed class Wake<TLoop>(TimeProvider clock) : Wake(clock);
